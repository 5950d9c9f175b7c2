//! Where a password is seen while it is rotated: in no log, neither the server's nor any of this process.

use secrets_runtime::rotation::PostgresRotator;

use super::{Database, FIRST, logged};
use crate::support::events::Events;

/// Has the server log all that these roles say.
fn verbose(roles: &[&str]) -> String {
    let settings = |role: &&str| {
        format!(
            "ALTER ROLE {role} SET log_statement TO 'all'; ALTER ROLE {role} SET log_min_duration_statement TO 0;"
        )
    };
    roles.iter().map(settings).collect()
}

#[tokio::test]
async fn the_servers_log_holds_verifiers_alone() {
    let test = "the_servers_log_holds_verifiers_alone";
    let Some(database) = Database::new(test, "logged").await else { return };
    database.execute("CREATE ROLE log_admin SUPERUSER LOGIN PASSWORD 'admin of the log'").await;
    database.execute(&verbose(&["logged", "log_admin"])).await;
    let secret = super::document("log_admin", "admin of the log", database.postgres.address(), "");
    database.corner.admin.put(&database.superuser_secret).string(secret).await.unwrap();
    let mut passwords = Vec::new();
    for _ in 0..2 {
        database.rotate(PostgresRotator::single_user()).await.unwrap();
        passwords.push(database.current().await.1);
    }
    for _ in 0..3 {
        database.rotate(database.alternating()).await.unwrap();
        passwords.push(database.current().await.1);
    }
    let log = database.postgres.log();
    for statement in
        ["ALTER ROLE \"logged\"", "CREATE ROLE \"logged_clone\" LOGIN", "ALTER ROLE \"logged_clone\""]
    {
        assert!(log.contains(&format!("{statement} PASSWORD 'SCRAM-SHA-256$")), "{statement} is not logged");
    }
    for password in &passwords {
        assert!(!log.contains(password.as_str()), "a password is in the server's log");
    }
    // The control: what else people do.
    let (user, _) = database.current().await;
    let admin = database.log_in("log_admin", "admin of the log").await.unwrap();
    admin.batch_execute(&format!("ALTER ROLE {user} PASSWORD 'kvzqwbnmxptr'")).await.unwrap();
    assert!(database.postgres.log().contains("kvzqwbnmxptr"));
}

#[tokio::test]
async fn nothing_is_logged_in_the_process_that_rotates() {
    let test = "nothing_is_logged_in_the_process_that_rotates";
    let Some(database) = Database::new(test, "traced").await else { return };
    let events = Events::capture();
    logged::capture();
    let mut passwords = vec![FIRST.to_owned(), database.postgres.password().to_owned()];
    database.rotate(PostgresRotator::single_user()).await.unwrap();
    database.rotate(database.alternating()).await.unwrap();
    let logged = logged::take();
    let traced = events.all();
    assert!(traced.contains("GetRandomPassword"), "the SDK's own log is there");
    assert!(logged.contains("tokio_postgres") && logged.contains("SET search_path"), "so is the driver's");
    for word in ["SCRAM-SHA-256$", "traced", "postgres_clone"] {
        assert!(!logged.replace(test, "").contains(word), "{word} is logged");
    }
    for stage in ["AWSPREVIOUS", "AWSCURRENT"] {
        passwords.push(database.member(stage, "password").await);
    }
    for password in &passwords {
        assert!(!logged.contains(password.as_str()), "a password is logged");
        assert!(!traced.contains(password.as_str()), "a password is traced");
    }
    // The control: what the driver logs otherwise.
    database.execute("ALTER ROLE traced PASSWORD 'SCRAM-SHA-256$'").await;
    database.superuser.query("SELECT FROM pg_roles WHERE rolname = $1", &[&"traced_clone"]).await.unwrap();
    let logged = logged::take();
    assert!(logged.contains("SCRAM-SHA-256$") && logged.contains("traced_clone"), "{logged}");
}

#[tokio::test]
async fn notices_of_the_server_are_not_logged() {
    let test = "notices_of_the_server_are_not_logged";
    let Some(database) = Database::new(test, "noticed").await else { return };
    // A server that tells the client of each step.
    database.execute("ALTER ROLE noticed SET client_min_messages TO debug5").await;
    logged::capture();
    database.rotate(PostgresRotator::single_user()).await.unwrap();
    let logged = logged::take();
    assert!(logged.contains("tokio_postgres"), "the driver's log is there");
    assert!(!logged.contains("StartTransaction"), "a notice is logged");
    // The control: a connection that is awaited as a whole.
    let (user, password) = database.current().await;
    let client = database.log_in(&user, &password).await.unwrap();
    client.batch_execute("SELECT 1").await.unwrap();
    assert!(logged::take().contains("StartTransaction"));
}

#[tokio::test]
async fn a_rotator_prints_nothing_that_is_a_secret() {
    let test = "a_rotator_prints_nothing_that_is_a_secret";
    let Some(database) = Database::new(test, "printed").await else { return };
    let rotator = database.alternating();
    database.rotate(rotator.clone()).await.unwrap();
    let shown =
        format!("{rotator:?} {rotator:#?} {:?}", PostgresRotator::single_user().tls(tokio_postgres::NoTls));
    assert!(shown.contains(&format!("SuperuserSecret {{ id: \"{}\"", database.superuser_secret)), "{shown}");
    assert!(shown.contains("Single(None), tls: true, timeout: 5s, length: 32"), "{shown}");
    for password in [FIRST, database.postgres.password(), &database.current().await.1] {
        assert!(!shown.contains(password), "a password is shown");
    }
}
