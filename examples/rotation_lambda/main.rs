//! A rotation function for Lambda: Secrets Manager calls it once for each step of a rotation.
//!
//! `cargo run --example rotation_lambda` needs what Lambda sets, as under `cargo lambda watch`. Built for Lambda by
//! `cargo lambda build --release`, it is given to a secret with `aws secretsmanager rotate-secret --rotation-lambda-arn`.
//!
//! `SUPERUSER_SECRET` names the secret of the database's superuser. Without it each user changes their own password.

use lambda_runtime::{LambdaEvent, service_fn};
use secrets_runtime::{Admin, PostgresRotator, Rotation, RotationEvent, SecretsManager, SuperuserSecret};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let admin = Admin::from_secrets_manager(SecretsManager::new());
    let rotator = match std::env::var("SUPERUSER_SECRET") {
        Ok(name) => PostgresRotator::alternating_users(SuperuserSecret::new(admin.clone(), name)),
        Err(_) => PostgresRotator::single_user(),
    };
    // RDS wants TLS: `PostgresRotator::tls` says how.
    let rotation = &Rotation::new(admin, rotator);
    let step = |event: LambdaEvent<RotationEvent>| async move {
        rotation.handle(&event.payload).await.map_err(lambda_runtime::Error::from)
    };
    lambda_runtime::run(service_fn(step)).await
}
