//! What is refused, how it is said, and that neither AWSCURRENT nor the server has changed.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use secrets_runtime::rotation::{PostgresRotator, SuperuserSecret};
use secrets_runtime::{Error, ErrorKind};
use tokio_postgres::NoTls;

use super::{Database, FIRST, document, scalar};

const SECRET: &str = "hunter2hunter2";

/// Says why, and shows no password.
#[track_caller]
fn assert_says(error: &Error, kind: ErrorKind, reason: &str) {
    let shown = format!("{error} {error:?}");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(shown.contains(reason), "{error}");
    for password in [SECRET, FIRST] {
        assert!(!shown.contains(password), "a password is shown");
    }
}

impl Database {
    /// Keeps this as AWSPENDING, as a rotation would that comes from somewhere else.
    async fn pend(&self, document: String) {
        self.corner.admin.put(&self.corner.name).stage("AWSPENDING").string(document).await.unwrap();
    }

    async fn give_up(&self) {
        self.corner.admin.remove_stage(&self.corner.name, "AWSPENDING").await.unwrap();
    }

    /// Makes this AWSCURRENT, without a rotation.
    async fn replace(&self, document: String) {
        self.corner.admin.put(&self.corner.name).string(document).await.unwrap();
    }

    fn document(&self, user: &str, password: &str) -> String {
        document(user, password, self.postgres.address(), "")
    }

    /// What the server knows of its passwords.
    async fn verifiers(&self) -> String {
        let query = "SELECT string_agg(rolname || rolpassword, '|' ORDER BY rolname) FROM pg_authid \
            WHERE rolname LIKE '";
        scalar(&self.superuser, &format!("{query}{}%'", self.user)).await
    }
}

#[tokio::test]
async fn another_user_or_server_than_the_current_one_is_refused() {
    let test = "another_user_or_server_than_the_current_one_is_refused";
    let Some(database) = Database::new(test, "steady").await else { return };
    database.execute(&format!("CREATE ROLE steady_victim LOGIN PASSWORD '{SECRET}'")).await;
    let before = database.verifiers().await;
    let address = database.postgres.address();
    let elsewhere = |port| SocketAddr::new([127, 0, 0, 1].into(), port);
    // The test before `setSecret` asks there: somebody has to answer.
    let hosts = document("steady", "new", address, "").replacen("127.0.0.1", "localhost", 1);
    let reason = "names another host, port or user than AWSCURRENT requires";
    for (single, pending) in [
        (true, database.document("steady_victim", "new")),
        (true, database.document("steady_clone", "new")),
        (true, hosts.clone()),
        (false, database.document("steady_victim", "new")),
        (false, database.document("steady", "new")),
        (false, hosts.replacen("steady", "steady_clone", 1)),
    ] {
        database.pend(pending).await;
        let rotator = if single { PostgresRotator::single_user() } else { database.alternating() };
        assert_says(&database.rotate(rotator).await.unwrap_err(), ErrorKind::Invalid, reason);
        database.give_up().await;
        assert!(database.verifiers().await == before);
        database.assert_current_is_let_in("refused").await;
    }
    let superusers = document("postgres", database.postgres.password(), elsewhere(1), "");
    database.corner.admin.put(&database.superuser_secret).string(superusers).await.unwrap();
    let error = database.rotate(database.alternating()).await.unwrap_err();
    assert_says(&error, ErrorKind::Invalid, "the superuser's secret names another host or port");
    assert!(database.verifiers().await == before);
}

#[tokio::test]
async fn a_role_that_only_has_the_name_of_a_clone_is_left_alone() {
    let test = "a_role_that_only_has_the_name_of_a_clone_is_left_alone";
    let Some(database) = Database::new(test, "namesake").await else { return };
    database.execute(&format!("CREATE ROLE namesake_clone LOGIN PASSWORD '{SECRET}'")).await;
    let error = database.rotate(database.alternating()).await.unwrap_err();
    assert_says(&error, ErrorKind::Invalid, "the role with `_clone` is not a member of the role without it");
    assert!(database.is_let_in("namesake_clone", SECRET).await);
    database.assert_current_is_let_in("refused").await;
    database.execute("GRANT namesake TO namesake_clone; ALTER ROLE namesake_clone SUPERUSER").await;
    let error = database.rotate(database.alternating()).await.unwrap_err();
    assert_says(&error, ErrorKind::Invalid, "one of the two users is a superuser");
    assert!(database.is_let_in("namesake_clone", SECRET).await);
}

#[tokio::test]
async fn who_may_do_everything_is_given_no_clone() {
    let test = "who_may_do_everything_is_given_no_clone";
    let Some(database) = Database::new(test, "mighty").await else { return };
    database.execute("ALTER ROLE mighty SUPERUSER").await;
    let reason = "one of the two users is a superuser, or the user that changes the passwords";
    let error = database.rotate(database.alternating()).await.unwrap_err();
    assert_says(&error, ErrorKind::Invalid, reason);
    // As RDS's, which is a superuser in name alone.
    database.execute("ALTER ROLE mighty NOSUPERUSER CREATEROLE").await;
    let own = database.document("mighty", FIRST);
    database.corner.admin.put(&database.superuser_secret).string(own).await.unwrap();
    let error = database.rotate(database.alternating()).await.unwrap_err();
    assert_says(&error, ErrorKind::Invalid, reason);
    let clones = "SELECT count(*)::text FROM pg_roles WHERE rolname = 'mighty_clone'";
    assert_eq!(scalar(&database.superuser, clones).await, "0");
    database.assert_current_is_let_in("refused").await;
}

#[tokio::test]
async fn a_statement_that_was_given_up_takes_no_effect_later() {
    let test = "a_statement_that_was_given_up_takes_no_effect_later";
    let Some(database) = Database::new(test, "belated").await else { return };
    let before = database.verifiers().await;
    // Whoever changes the same role waits for the end of this.
    database.execute("BEGIN; ALTER ROLE belated CONNECTION LIMIT 9").await;
    let limit = Duration::from_millis(500);
    let error = database.rotate(PostgresRotator::single_user().timeout(limit)).await.unwrap_err();
    assert_says(&error, ErrorKind::Unavailable, "");
    let left = "SELECT count(*)::text FROM pg_stat_activity WHERE usename = 'belated' AND state = 'active'";
    let observer = database.superuser_in("postgres").await;
    let begun = Instant::now();
    while scalar(&observer, left).await != "0" && begun.elapsed() < 10 * limit {
        tokio::time::sleep(limit / 10).await;
    }
    database.execute("ROLLBACK").await;
    while scalar(&observer, left).await != "0" {
        tokio::time::sleep(limit / 10).await;
    }
    assert!(database.verifiers().await == before, "the password was set after all");
    database.assert_current_is_let_in("given up").await;
}

#[tokio::test]
async fn a_clone_without_its_original_is_refused() {
    let test = "a_clone_without_its_original_is_refused";
    let Some(database) = Database::new(test, "orphan_clone").await else { return };
    let error = database.rotate(database.alternating()).await.unwrap_err();
    assert_says(&error, ErrorKind::Invalid, "there is no role with the user's name without `_clone`");
    database.assert_current_is_let_in("refused").await;
}

#[tokio::test]
async fn an_invalid_login_changes_no_role() {
    let test = "an_invalid_login_changes_no_role";
    let Some(database) = Database::new(test, "guarded").await else { return };
    database.execute(&format!("CREATE ROLE guarded_victim LOGIN PASSWORD '{SECRET}'")).await;
    let before = database.verifiers().await;
    // Whoever can write the secret has put the name of another into it, whose password they would like to
    // know.
    for _ in 0..2 {
        database.replace(database.document("guarded_victim", "a guess")).await;
    }
    let single = PostgresRotator::single_user_by(database.superuser_secret());
    let error = database.rotate(single).await.unwrap_err();
    let reason = "the server accepts the password of no version";
    assert_says(&error, ErrorKind::AccessDenied, reason);
    database.give_up().await;
    let error = database.rotate(database.alternating()).await.unwrap_err();
    assert_says(&error, ErrorKind::AccessDenied, "the server accepts no login that a version holds");
    assert!(database.verifiers().await == before);
    let clones = "SELECT count(*)::text FROM pg_roles WHERE rolname LIKE 'guarded%_clone'";
    assert_eq!(scalar(&database.superuser, clones).await, "0");
}

/// It is of no use, and not what is wrong.
#[tokio::test]
async fn a_previous_value_that_is_no_login_hides_no_reason() {
    let test = "a_previous_value_that_is_no_login_hides_no_reason";
    let Some(database) = Database::new(test, "forgetful").await else { return };
    for value in [SECRET.to_owned(), database.document("forgetful", SECRET)] {
        database.replace(value).await;
    }
    database.execute("ALTER ROLE forgetful PASSWORD 'of no version'").await;
    let error = database.rotate(PostgresRotator::single_user()).await.unwrap_err();
    let reason = "the server accepts the password of no version";
    assert_says(&error, ErrorKind::AccessDenied, reason);
}

#[tokio::test]
async fn what_the_secret_lacks_is_named() {
    let test = "what_the_secret_lacks_is_named";
    let Some(database) = Database::new(test, "lacking").await else { return };
    let whole = database.document("lacking", SECRET);
    for (from, to, kind, reason) in [
        ("\"postgres\"", "\"mysql\"", ErrorKind::Invalid, "the secret's `engine` is not postgres"),
        ("\"host\"", "\"h\"", ErrorKind::Invalid, "the secret's JSON has no `host`"),
        ("\"team\"", "\"ssl\": true, \"team\"", ErrorKind::Configuration, "the secret requires TLS"),
        ("\"team\"", "\"ssl\": 1, \"team\"", ErrorKind::Configuration, "the secret requires TLS"),
        ("\"team\"", "\"ssl\": \"require\", \"team\"", ErrorKind::Configuration, "the secret requires TLS"),
        (
            "\"team\"",
            "\"sslmode\": \"verify-full\", \"team\"",
            ErrorKind::Configuration,
            "the secret requires TLS",
        ),
        ("\"team\"", "\"ssl\": \"ja\", \"team\"", ErrorKind::Invalid, "does not say whether TLS is required"),
    ] {
        database.replace(whole.replacen(from, to, 1)).await;
        let error = database.rotate(PostgresRotator::single_user()).await.unwrap_err();
        assert_says(&error, kind, reason);
        // The next one is not to continue with this value.
        database.give_up().await;
    }
    database.replace(database.document("lacking", FIRST)).await;
    let superuser = SuperuserSecret::from_masterarn(database.corner.admin.clone());
    let error = database.rotate(PostgresRotator::alternating_users(superuser)).await.unwrap_err();
    assert_says(&error, ErrorKind::Invalid, "the secret's JSON has no `masterarn`");
    database.assert_current_is_let_in("refused").await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_unavailable_in_time() {
    let test = "a_server_that_does_not_answer_is_unavailable_in_time";
    let Some(database) = Database::new(test, "patient").await else { return };
    // It takes connections, and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    database.replace(document("patient", SECRET, mute.local_addr().unwrap(), "")).await;
    let begun = Instant::now();
    let rotator = PostgresRotator::single_user().timeout(Duration::from_millis(200));
    let error = database.rotate(rotator).await.unwrap_err();
    assert_says(&error, ErrorKind::Unavailable, "the server did not answer in time");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    database.give_up().await;

    let closed = mute.local_addr().unwrap();
    drop(mute);
    database.replace(document("patient", SECRET, closed, "")).await;
    let error = database.rotate(PostgresRotator::single_user()).await.unwrap_err();
    assert_says(&error, ErrorKind::Unavailable, "no connection to the server, or the connection was lost");
}

#[tokio::test]
async fn without_tls_on_the_other_side_there_is_no_connection() {
    let test = "without_tls_on_the_other_side_there_is_no_connection";
    let Some(database) = Database::new(test, "strict").await else { return };
    // Whose connector it is does not matter: the server has none.
    let rotator = PostgresRotator::single_user().tls(NoTls);
    let error = database.rotate(rotator).await.unwrap_err();
    assert_says(&error, ErrorKind::Configuration, "the server does not support TLS");
    database.assert_current_is_let_in("refused").await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_by_its_code() {
    let test = "a_database_that_is_not_there_is_told_by_its_code";
    let Some(database) = Database::new(test, "lost").await else { return };
    let document =
        database.document("lost", FIRST).replacen("\"dbname\": \"postgres\"", "\"dbname\": \"hunter2\"", 1);
    database.replace(document).await;
    // The password of AWSPENDING is looked at first, and refused.
    let error = database.rotate(PostgresRotator::single_user()).await.unwrap_err();
    assert_says(&error, ErrorKind::Configuration, "3D000: the server refuses the login");
    database.execute("ALTER ROLE lost NOLOGIN").await;
    let error = database.rotate(PostgresRotator::single_user()).await.unwrap_err();
    assert_says(
        &error,
        ErrorKind::AccessDenied,
        "28000: the role may not log in: it is NOLOGIN, or does not exist",
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn who_may_not_log_in_is_given_no_password() {
    let test = "who_may_not_log_in_is_given_no_password";
    let Some(database) = Database::new(test, "barred").await else { return };
    database.execute("ALTER ROLE barred NOLOGIN").await;
    let before = database.verifiers().await;
    for rotator in [PostgresRotator::single_user(), database.alternating()] {
        let error = database.rotate(rotator).await.unwrap_err();
        assert_says(
            &error,
            ErrorKind::AccessDenied,
            "the role may not log in: it is NOLOGIN, or does not exist",
        );
        assert!(error.to_string().contains("help: allow it with ALTER ROLE .. LOGIN"), "{error}");
        assert!(database.verifiers().await == before, "a password or a clone");
        assert_eq!(database.current().await, ("barred".to_owned(), FIRST.to_owned()));
        database.give_up().await;
    }
    database.execute("ALTER ROLE barred LOGIN").await;
    database.rotate(database.alternating()).await.unwrap();

    // Whose turn it is now is not who logs in.
    for (end, reason, begin) in [
        ("NOLOGIN", "the user to change may not log in: the role is NOLOGIN", "LOGIN"),
        ("VALID UNTIL '2001-01-01'", "the role's VALID UNTIL has passed", "VALID UNTIL 'infinity'"),
    ] {
        for (current, next) in [("barred_clone", "barred"), ("barred", "barred_clone")] {
            assert_eq!(database.current().await.0, current);
            database.execute(&format!("ALTER ROLE {next} {end}")).await;
            let before = database.verifiers().await;
            let error = database.rotate(database.alternating()).await.unwrap_err();
            assert_says(&error, ErrorKind::Invalid, reason);
            assert!(database.verifiers().await == before, "a password was set");
            database.assert_current_is_let_in(&format!("{next} {end}")).await;
            database.execute(&format!("ALTER ROLE {next} {begin}")).await;
            // The same rotation, gone on with.
            database.rotate(database.alternating()).await.unwrap();
            database.assert_current_is_let_in(next).await;
        }
    }
}
