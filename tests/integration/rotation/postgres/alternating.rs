//! Two users who take turns.

use secrets_runtime::rotation::{PostgresRotator, SuperuserSecret};

use super::{Database, FIRST, document, scalar};

#[tokio::test]
async fn two_users_take_turns_and_the_one_in_use_is_never_refused() {
    let test = "two_users_take_turns_and_the_one_in_use_is_never_refused";
    let Some(database) = Database::new(test, "turns").await else { return };
    let early = database.log_in("turns", FIRST).await.unwrap();
    let mut before = ("turns".to_owned(), FIRST.to_owned());
    for user in ["turns_clone", "turns", "turns_clone", "turns"] {
        database.rotate(database.alternating()).await.unwrap();
        database.assert_current_is_let_in(user).await;
        let current = database.current().await;
        assert_eq!(current.0, user);
        assert_ne!(current.1, before.1);
        assert!(database.is_let_in(&before.0, &before.1).await, "who has not heard of it is let in");
        let arn = database.member("AWSCURRENT", "masterarn").await;
        let expected = document(user, &current.1, database.postgres.address(), &arn);
        assert!(database.corner.value("AWSCURRENT").await == Some(expected));
        before = current;
    }
    assert!(!database.is_let_in("turns", FIRST).await);
    assert_eq!(scalar(&early, "SELECT 'alive'").await, "alive");
}

#[tokio::test]
async fn what_either_creates_belongs_to_both() {
    let test = "what_either_creates_belongs_to_both";
    let Some(database) = Database::new(test, "owner").await else { return };
    let statements = "CREATE SCHEMA shop AUTHORIZATION owner; ALTER ROLE owner CREATEDB;\
        CREATE TABLE shop.granted (id int); GRANT SELECT ON shop.granted TO owner";
    database.execute(statements).await;
    let original = database.log_in("owner", FIRST).await.unwrap();
    original.batch_execute("CREATE TABLE shop.first (id int)").await.unwrap();

    database.rotate(database.alternating()).await.unwrap();
    let (user, password) = database.current().await;
    let clone = database.log_in(&user, &password).await.unwrap();
    assert_eq!(scalar(&clone, "SELECT session_user || ' as ' || current_user").await, "owner_clone as owner");
    clone
        .batch_execute("ALTER TABLE shop.first ADD name text; CREATE TABLE shop.second (id int)")
        .await
        .unwrap();
    clone.batch_execute("SELECT * FROM shop.granted").await.unwrap();
    original.batch_execute("DROP TABLE shop.second; INSERT INTO shop.first VALUES (1, 'a')").await.unwrap();
    // A right of the role itself, which no membership gives.
    clone.batch_execute("CREATE DATABASE owners_own").await.unwrap();
    // As pools do between two users of a connection: the membership is still there.
    clone.batch_execute("DISCARD ALL").await.unwrap();
    clone.batch_execute("ALTER TABLE shop.first DROP name").await.unwrap();
}

#[tokio::test]
async fn the_clones_sessions_begin_as_the_originals_do() {
    let test = "the_clones_sessions_begin_as_the_originals_do";
    let Some(database) = Database::new(test, "settled").await else { return };
    let statements = "CREATE SCHEMA \"odd, \"\"one\"\"\"; GRANT USAGE ON SCHEMA \"odd, \"\"one\"\"\" TO settled;\
        ALTER ROLE settled CONNECTION LIMIT 7;\
        ALTER ROLE settled SET search_path TO \"odd, \"\"one\"\"\", \"$user\", public;\
        ALTER ROLE settled SET statement_timeout TO '30s';\
        ALTER ROLE settled SET application_name TO 'it''s \\ mine';\
        ALTER ROLE settled IN DATABASE postgres SET \"shop.region\" TO 'eu'";
    database.execute(statements).await;
    let query = "SELECT concat_ws('|', current_setting('search_path'), current_setting('statement_timeout'), \
        current_setting('application_name'), current_setting('shop.region'))";
    let original = database.log_in("settled", FIRST).await.unwrap();
    let expected = scalar(&original, query).await;
    assert_eq!(expected, "\"odd, \"\"one\"\"\", \"$user\", public|30s|it's \\ mine|eu");

    database.rotate(database.alternating()).await.unwrap();
    let (user, password) = database.current().await;
    let clone = database.log_in(&user, &password).await.unwrap();
    assert_eq!(scalar(&clone, query).await, expected);
    let limit = "SELECT rolconnlimit::text FROM pg_roles WHERE rolname = 'settled_clone'";
    assert_eq!(scalar(&clone, limit).await, "7");

    // What changes later is there when it is the clone's turn again.
    database.execute("ALTER ROLE settled SET statement_timeout TO '5s'").await;
    for _ in 0..2 {
        database.rotate(database.alternating()).await.unwrap();
    }
    let (user, password) = database.current().await;
    let clone = database.log_in(&user, &password).await.unwrap();
    assert_eq!(
        (user.as_str(), scalar(&clone, "SHOW statement_timeout").await.as_str()),
        ("settled_clone", "5s")
    );

    // What is gone is gone, and as whom its sessions begin stays.
    let statements = "ALTER ROLE settled RESET statement_timeout; ALTER ROLE settled RESET search_path;\
        ALTER ROLE settled IN DATABASE postgres RESET \"shop.region\"";
    database.execute(statements).await;
    for _ in 0..2 {
        database.rotate(database.alternating()).await.unwrap();
    }
    let (user, password) = database.current().await;
    let clone = database.log_in(&user, &password).await.unwrap();
    let query = "SELECT concat_ws('|', session_user, current_user, current_setting('search_path'), \
        current_setting('statement_timeout'), current_setting('application_name'), \
        coalesce(current_setting('shop.region', true), 'none'))";
    let expected = "settled_clone|settled|\"$user\", public|0|it's \\ mine|none";
    assert_eq!(scalar(&clone, query).await, expected);
}

/// Search paths that would have a superuser run a function of the user's: the role's, which a copy of its settings could
/// bring there, and the database's.
#[tokio::test]
async fn the_originals_settings_are_never_those_of_the_superuser() {
    let test = "the_originals_settings_are_never_those_of_the_superuser";
    let Some(database) = Database::new(test, "trap").await else { return };
    database.execute("CREATE DATABASE trap_shop OWNER trap").await;
    let document = database.corner.value("AWSCURRENT").await.unwrap();
    let document = document.replacen("\"dbname\": \"postgres\"", "\"dbname\": \"trap_shop\"", 1);
    database.corner.admin.put(&database.corner.name).string(document).await.unwrap();
    database.execute("ALTER ROLE trap SET search_path TO trap, pg_catalog").await;
    let superuser = database.superuser_in("trap_shop").await;
    let statements = "CREATE SCHEMA trap AUTHORIZATION trap; CREATE TABLE public.trapped (who text);\
        GRANT INSERT ON public.trapped TO PUBLIC";
    superuser.batch_execute(statements).await.unwrap();
    superuser
        .batch_execute(
            "SET ROLE trap; CREATE FUNCTION trap.eq(name, name) RETURNS bool LANGUAGE plpgsql \
        AS $$ BEGIN INSERT INTO public.trapped VALUES (current_user); RETURN true; END $$; \
        CREATE OPERATOR trap.= (FUNCTION = trap.eq, LEFTARG = name, RIGHTARG = name);\
        ALTER DATABASE trap_shop SET search_path TO trap, pg_catalog; RESET ROLE",
        )
        .await
        .unwrap();
    let trapped = "SELECT count(*)::text FROM public.trapped WHERE who = 'postgres'";
    for _ in 0..3 {
        database.rotate(database.alternating()).await.unwrap();
        database.rotate(PostgresRotator::single_user_by(database.superuser_secret())).await.unwrap();
    }
    assert_eq!(scalar(&superuser, trapped).await, "0");
    // The control: a superuser who does not look out.
    let careless = database.superuser_in("trap_shop").await;
    careless.query("SELECT FROM pg_roles WHERE rolname = $1", &[&"postgres"]).await.unwrap();
    assert_ne!(scalar(&superuser, trapped).await, "0");
}

#[tokio::test]
async fn a_superuser_in_name_alone_will_do() {
    let test = "a_superuser_in_name_alone_will_do";
    let Some(database) = Database::new(test, "unused").await else { return };
    // As RDS's: it makes roles, and is no superuser.
    database.execute("CREATE ROLE master_user LOGIN CREATEROLE PASSWORD 'master'").await;
    let master = database.log_in("master_user", "master").await.unwrap();
    master.batch_execute("CREATE ROLE mastered LOGIN PASSWORD 'the first password'").await.unwrap();
    // One of these it may not set, and leaves out.
    let settings = "ALTER ROLE mastered SET log_min_duration_statement TO '1h'; ALTER ROLE mastered SET work_mem TO '7MB'";
    database.execute(settings).await;
    let Database { corner, postgres, .. } = &database;
    let secret = |user, password| document(user, password, postgres.address(), "");
    corner.admin.put(&database.superuser_secret).string(secret("master_user", "master")).await.unwrap();
    corner.admin.put(&corner.name).string(secret("mastered", FIRST)).await.unwrap();
    for user in ["mastered_clone", "mastered", "mastered_clone"] {
        database.rotate(database.alternating()).await.unwrap();
        database.assert_current_is_let_in(user).await;
        assert_eq!(database.current().await.0, user);
    }
    let (user, password) = database.current().await;
    let clone = database.log_in(&user, &password).await.unwrap();
    let query =
        "SELECT concat_ws('|', current_setting('work_mem'), current_setting('log_min_duration_statement'))";
    assert_eq!(scalar(&clone, query).await, "7MB|-1");
}

#[tokio::test]
async fn the_superusers_secret_may_be_named_in_the_secret() {
    let test = "the_superusers_secret_may_be_named_in_the_secret";
    let Some(database) = Database::new(test, "named").await else { return };
    for user in ["named_clone", "named"] {
        let superuser = SuperuserSecret::from_masterarn(database.corner.admin.clone());
        database.rotate(PostgresRotator::alternating_users(superuser)).await.unwrap();
        database.assert_current_is_let_in(user).await;
    }
    assert_eq!(database.current().await.0, "named");
}

#[tokio::test]
async fn a_clone_of_awss_own_function_is_gone_on_with() {
    let test = "a_clone_of_awss_own_function_is_gone_on_with";
    let Some(database) = Database::new(test, "inherited").await else { return };
    let statements = "CREATE ROLE inherited_clone LOGIN PASSWORD 'old'; GRANT inherited TO inherited_clone";
    database.execute(statements).await;
    database.rotate(database.alternating()).await.unwrap();
    database.assert_current_is_let_in("the clone").await;
    assert!(!database.is_let_in("inherited_clone", "old").await);
}
