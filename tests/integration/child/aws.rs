//! Asks for one secret, with Secrets Manager set up in several ways beside the variables of the process.

use std::time::Duration;

use secrets_runtime::source::{Key, SecretsManagerBuilder, Source};
use secrets_runtime::{Env, Secrets, SecretsBuilder, SecretsManager};

/// What comes of it; nothing if this is no way to set it up.
pub(crate) async fn shown(how: &str) -> Option<String> {
    Some(match how {
        "aws-alone" => format!("{:?}", once().build().fetch(&[Key::new("jwt")]).await),
        "aws-default" => of_secrets(Secrets::builder()).await,
        "aws-given" => of_secrets(Secrets::builder().secrets_manager(once().build())).await,
        "aws-hasty" => of_secrets(Secrets::builder().secrets_manager(hasty())).await,
        "aws-own-variables" => {
            let variables = [("ENVIRONMENT", "production"), ("AWS_REGION", "eu-north-1")];
            let builder = Secrets::builder().variables(Env::from_iter(variables));
            of_secrets(builder.secrets_manager(hasty())).await
        }
        "aws-no-own-region" => {
            let variables = Env::from_iter([("ENVIRONMENT", "production")]);
            of_secrets(Secrets::builder().variables(variables).secrets_manager(once().build())).await
        }
        _ => return None,
    })
}

fn once() -> SecretsManagerBuilder {
    SecretsManager::builder().attempt_timeout(Duration::from_secs(1)).max_attempts(1)
}

/// Gives nobody the time to answer, neither on this machine nor at AWS.
fn hasty() -> SecretsManager {
    once().connect_timeout(Duration::from_nanos(1)).build()
}

async fn of_secrets(builder: SecretsBuilder) -> String {
    match builder.build() {
        Ok(secrets) => match secrets.get("jwt").await {
            Ok(_) => "found".to_owned(),
            Err(error) => format!("{:?}\n{error}", error.kind()),
        },
        Err(error) => format!("{:?}\n{error}", error.kind()),
    }
}
