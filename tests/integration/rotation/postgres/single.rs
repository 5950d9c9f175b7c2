//! A user who is alone.

use secrets_runtime::rotation::{PostgresRotator, Rotation, RotationStep};

use super::{Database, FIRST, document, scalar};
use crate::rotation::TOKEN;

#[tokio::test]
async fn a_user_is_rotated_again_and_again() {
    let test = "a_user_is_rotated_again_and_again";
    let Some(database) = Database::new(test, "again").await else { return };
    let early = database.log_in("again", FIRST).await.unwrap();
    let mut before = FIRST.to_owned();
    for round in 1..=3 {
        database.rotate(PostgresRotator::single_user()).await.unwrap();
        database.assert_current_is_let_in(&format!("round {round}")).await;
        let (user, password) = database.current().await;
        assert_eq!((user.as_str(), password.len()), ("again", 32));
        assert!(!password.contains(['/', '@', '"', '\'', '\\']), "a connection string would need it escaped");
        assert!(password.contains(|c: char| c.is_ascii_punctuation()), "all others are in it");
        assert!(!database.is_let_in("again", &before).await);
        // All else is as it was, letter for letter.
        let arn = database.member("AWSCURRENT", "masterarn").await;
        let expected = document("again", &password, database.postgres.address(), &arn);
        assert!(database.corner.value("AWSCURRENT").await == Some(expected));
        assert_eq!(database.member("AWSPREVIOUS", "password").await, before);
        before = password;
    }
    assert_eq!(scalar(&early, "SELECT current_user::text").await, "again", "an open connection stays");
}

#[tokio::test]
async fn in_lambda_every_step_can_be_repeated() {
    let test = "in_lambda_every_step_can_be_repeated";
    let Some(database) = Database::new(test, "steps").await else { return };
    let rotation = Rotation::new(database.corner.admin.clone(), PostgresRotator::single_user());
    database.corner.begin_rotation(TOKEN).await;
    for step in RotationStep::ALL {
        for _ in 0..2 {
            rotation.handle(&database.corner.event(step)).await.unwrap();
        }
        let is_set = !database.is_let_in("steps", FIRST).await;
        assert_eq!(is_set, step != RotationStep::CreateSecret, "{step}");
    }
    database.assert_current_is_let_in("all steps").await;
}

#[tokio::test]
async fn passwords_are_as_they_are_asked_for() {
    let test = "passwords_are_as_they_are_asked_for";
    let Some(database) = Database::new(test, "alphabet").await else { return };
    database.rotate(PostgresRotator::single_user().length(50).without_punctuation()).await.unwrap();
    let (_, password) = database.current().await;
    assert_eq!(password.len(), 50);
    assert!(password.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let rotator = PostgresRotator::single_user().length(200).without_characters("0OIl1");
    database.rotate(rotator).await.unwrap();
    let (_, password) = database.current().await;
    assert!(!password.contains(['0', 'O', 'I', 'l', '1']), "somebody has to type it");
    // What is asked for takes the place of the default.
    assert!(password.contains(['/', '@', '"', '\'', '\\']));
    database.assert_current_is_let_in("with what connection strings need escaped").await;
}

#[tokio::test]
async fn what_was_rolled_back_in_the_store_alone_is_found_again() {
    let test = "what_was_rolled_back_in_the_store_alone_is_found_again";
    let Some(database) = Database::new(test, "rolled_back").await else { return };
    database.rotate(PostgresRotator::single_user()).await.unwrap();
    // AWSCURRENT is refused from now on; the server still takes what is AWSPREVIOUS.
    database.corner.admin.roll_back(&database.corner.name).await.unwrap();
    database.rotate(PostgresRotator::single_user()).await.unwrap();
    database.assert_current_is_let_in("after the rollback").await;
}

#[tokio::test]
async fn a_superuser_sets_the_password_of_a_user() {
    let test = "a_superuser_sets_the_password_of_a_user";
    let Some(database) = Database::new(test, "reader").await else { return };
    database.rotate(PostgresRotator::single_user_by(database.superuser_secret())).await.unwrap();
    database.assert_current_is_let_in("by the superuser").await;
    assert!(!database.is_let_in("reader", FIRST).await);
}

#[tokio::test]
async fn users_whose_sessions_are_read_only_are_rotated() {
    let test = "users_whose_sessions_are_read_only_are_rotated";
    let Some(database) = Database::new(test, "looker").await else { return };
    database.execute("CREATE DATABASE looker_database").await;
    let secret = database.corner.value("AWSCURRENT").await.unwrap();
    let secret = secret.replacen("\"dbname\": \"postgres\"", "\"dbname\": \"looker_database\"", 1);
    database.corner.admin.put(&database.corner.name).string(secret).await.unwrap();
    for (scene, read_only) in [
        ("the role", "ALTER ROLE looker SET default_transaction_read_only TO on"),
        ("the database", "ALTER DATABASE looker_database SET default_transaction_read_only TO on"),
        (
            "the role in the database",
            "ALTER ROLE looker IN DATABASE looker_database SET default_transaction_read_only TO on",
        ),
    ] {
        database.execute(read_only).await;
        let by_superuser = PostgresRotator::single_user_by(database.superuser_secret());
        for rotator in [PostgresRotator::single_user(), by_superuser] {
            database.rotate(rotator).await.unwrap_or_else(|error| panic!("{scene}: {error}"));
            database.assert_current_is_let_in(scene).await;
        }
        for user in ["looker_clone", "looker"] {
            database.rotate(database.alternating()).await.unwrap_or_else(|error| panic!("{scene}: {error}"));
            assert_eq!(database.current().await.0, user);
            database.assert_current_is_let_in(scene).await;
        }
    }
}

#[tokio::test]
async fn a_name_is_a_name_whatever_is_in_it() {
    const NAME: &str = "quo\"ted'; DROP ROLE \"bystander\"; -- \\ é";
    let test = "a_name_is_a_name_whatever_is_in_it";
    let Some(database) = Database::new(test, NAME).await else { return };
    database.execute("CREATE ROLE bystander").await;
    database.rotate(PostgresRotator::single_user()).await.unwrap();
    database.assert_current_is_let_in("alone").await;
    database.rotate(database.alternating()).await.unwrap();
    database.assert_current_is_let_in("the clone").await;
    assert_eq!(database.current().await.0, format!("{NAME}_clone"));
    let is_there = "SELECT count(*)::text FROM pg_roles WHERE rolname = 'bystander'";
    assert_eq!(scalar(&database.superuser, is_there).await, "1");
}

#[tokio::test]
async fn a_user_whose_sessions_begin_as_another_role_is_rotated() {
    let test = "a_user_whose_sessions_begin_as_another_role_is_rotated";
    let Some(database) = Database::new(test, "disguised").await else { return };
    let statements =
        "CREATE ROLE disguise; GRANT disguise TO disguised; ALTER ROLE disguised SET role TO disguise";
    database.execute(statements).await;
    database.rotate(PostgresRotator::single_user()).await.unwrap();
    database.assert_current_is_let_in("disguised").await;
}
