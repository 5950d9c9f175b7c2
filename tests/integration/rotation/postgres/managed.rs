//! A superuser whose secret RDS manages: it holds a user name and a password alone.

use secrets_runtime::ErrorKind;
use secrets_runtime::rotation::{PostgresRotator, SuperuserSecret};

use super::Database;

impl Database {
    async fn replace_superuser(&self, document: &str) {
        self.corner.admin.put(&self.superuser_secret).string(document.to_owned()).await.unwrap();
    }

    fn managed(&self) -> String {
        format!(r#"{{"username":"postgres","password":"{}"}}"#, self.postgres.password())
    }
}

#[tokio::test]
async fn a_superuser_without_host_and_port_logs_in_to_the_server_of_the_secret_to_rotate() {
    let test = "a_superuser_without_host_and_port_logs_in";
    let Some(database) = Database::new(test, "managed").await else { return };
    database.replace_superuser(&database.managed()).await;
    database.rotate(database.alternating()).await.unwrap();
    assert_eq!(database.current().await.0, "managed_clone");
    database.assert_current_is_let_in("by name").await;
    let by_arn = SuperuserSecret::from_masterarn(database.corner.admin.clone());
    database.rotate(PostgresRotator::alternating_users(by_arn)).await.unwrap();
    assert_eq!(database.current().await.0, "managed");
    database.rotate(PostgresRotator::single_user_by(database.superuser_secret())).await.unwrap();
    database.assert_current_is_let_in("single user").await;
}

#[tokio::test]
async fn an_error_of_the_superusers_secret_names_that_secret() {
    let test = "an_error_of_the_superusers_secret_names_that_secret";
    let Some(database) = Database::new(test, "blamed").await else { return };
    let elsewhere = database.managed().replace('}', r#", "host": "192.0.2.1"}"#);
    let wrong_password = r#"{"username":"postgres","password":"hunter2"}"#;
    for (document, kind, reason) in [
        (r#"{"username":"postgres"}"#, ErrorKind::Invalid, "the secret's JSON has no `password`"),
        (
            r#"{"username":["hunter2"],"password":"x"}"#,
            ErrorKind::Invalid,
            "the value does not have the expected form",
        ),
        (&elsewhere, ErrorKind::Invalid, "names another host or port"),
        (
            wrong_password,
            ErrorKind::AccessDenied,
            "the server refuses the password in the superuser's secret",
        ),
    ] {
        database.replace_superuser(document).await;
        let error = database.rotate(database.alternating()).await.unwrap_err();
        let shown = error.to_string();
        assert_eq!(error.kind(), kind, "{shown}");
        assert!(shown.contains(reason), "{shown}");
        assert!(shown.contains(&format!("({})", database.superuser_secret)), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
