//! Rotations of one user that overlap, and those that find the server with the password of a lost version.

use secrets_runtime::rotation::PostgresRotator;

use super::{Database, FIRST, document};

/// Enough to show a race that is lost once in six times.
const ROUNDS: usize = 12;

#[tokio::test]
async fn after_four_rotations_at_once_the_current_password_is_accepted_or_the_next_rotation_recovers() {
    let test = "after_four_rotations_at_once_the_current_password_is_accepted_or_the_next_rotation_recovers";
    let Some(database) = Database::new(test, "contended").await else { return };
    let mut refused = 0;
    for round in 0..ROUNDS {
        let rotate = || database.rotate(PostgresRotator::single_user());
        let (first, second, third, fourth) = tokio::join!(rotate(), rotate(), rotate(), rotate());
        let won = [first, second, third, fourth].into_iter().flatten().count();
        // moto lets several versions have AWSPENDING if none had it before.
        assert!(won > 0 || round == 0, "round {round}: no rotation has won");
        let (user, password) = database.current().await;
        if !database.is_let_in(&user, &password).await {
            refused += 1;
            database.rotate(PostgresRotator::single_user()).await.unwrap();
        }
        database.assert_current_is_let_in(&format!("round {round}")).await;
    }
    assert!(refused <= 1, "AWSCURRENT was refused after {refused} of {ROUNDS} rounds");
}

#[tokio::test]
async fn the_password_of_a_version_without_a_label_is_found() {
    let test = "the_password_of_a_version_without_a_label_is_found";
    let Some(database) = Database::new(test, "mislaid").await else { return };
    let address = database.postgres.address();
    for (scene, by_superuser) in [("by the user", false), ("by the superuser", true)] {
        let put = |password: &str| {
            let put = database.corner.admin.put(&database.corner.name).stage("AWSPENDING");
            put.string(document("mislaid", password, address, ""))
        };
        // Two rotations that overlapped: the server has the value of the first, and its label is gone.
        put("a lost password").await.unwrap();
        put("a pending password").await.unwrap();
        database.execute("ALTER ROLE mislaid PASSWORD 'a lost password'").await;
        let rotator = if by_superuser {
            PostgresRotator::single_user_by(database.superuser_secret())
        } else {
            PostgresRotator::single_user()
        };
        database.rotate(rotator).await.unwrap();
        assert_eq!(database.current().await.1, "a pending password", "{scene}");
        database.assert_current_is_let_in(scene).await;
        database.execute(&format!("ALTER ROLE mislaid PASSWORD '{FIRST}'")).await;
    }
}

#[tokio::test]
async fn of_alternating_users_the_one_whose_login_is_valid_proves_who_they_are() {
    let test = "of_alternating_users_the_one_whose_login_is_valid_proves_who_they_are";
    let Some(database) = Database::new(test, "doubled").await else { return };
    database.rotate(database.alternating()).await.unwrap();
    assert_eq!(database.current().await.0, "doubled_clone");
    database.execute("ALTER ROLE doubled_clone PASSWORD 'of another rotation'").await;
    database.rotate(database.alternating()).await.unwrap();
    assert_eq!(database.current().await.0, "doubled");
    database.assert_current_is_let_in("the original").await;
    database.rotate(database.alternating()).await.unwrap();
    database.assert_current_is_let_in("the clone").await;
}
