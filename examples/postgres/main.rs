//! A service whose database password is rotated while it works: its pool opens connections across a rotation.
//!
//! `cargo run --example postgres` makes 200 requests a second until its input ends (Ctrl-D), and says how many failed.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::tokio_postgres::{self, Client, Config, NoTls, error::SqlState};
use deadpool_postgres::{Connect, Hook, HookError, Manager, ManagerConfig, Pool};
use secrets_runtime::source::BoxFuture;
use secrets_runtime::{Live, Secret, SecretConfig, Secrets};
use tokio::task::{JoinHandle, JoinSet};

/// The JSON that AWS writes for RDS; in development the variable `DATABASE` holds it.
#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}", name = "database")]
struct Database {
    #[secret(plain)]
    host: String,
    #[secret(default = 5432)]
    port: u16,
    #[secret(plain)]
    username: String,
    password: Secret<String>,
}

/// Opens connections with the login of the moment, which may be pending.
struct AcrossRotation(Live<Database>);

type Connected = Result<(Client, JoinHandle<()>), tokio_postgres::Error>;

impl Connect for AcrossRotation {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Connected> {
        let is_refused = |error: &tokio_postgres::Error| error.code() == Some(&SqlState::INVALID_PASSWORD);
        Box::pin(self.0.across_rotation(is_refused).or_pending().run(open))
    }
}

async fn open(database: Arc<Database>) -> Connected {
    let mut config = Config::new();
    config.host(&database.host).port(database.port).dbname("postgres").user(&database.username);
    config.password(database.password.expose_secret());
    let (client, connection) = config.connect(NoTls).await?;
    Ok((client, tokio::spawn(async { drop(connection.await) })))
}

async fn request(pool: Pool) -> Result<(), Box<dyn Error + Send + Sync>> {
    Ok(pool.get().await?.batch_execute("SELECT 1").await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = Database::watch(&Secrets::from_env()?).await?;
    let manager = Manager::from_connect(Config::new(), AcrossRotation(database), ManagerConfig::default());
    // An open connection outlives its password. These are let go early, so that there is something to see.
    let is_young = |age| (age < Duration::from_millis(500)).then_some(()).ok_or(HookError::message("old"));
    let young = Hook::sync_fn(move |_, metrics| is_young(metrics.age()));
    let pool = Pool::builder(manager).max_size(4).pre_recycle(young).build()?;
    let input = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    let (mut requests, mut ticks) = (JoinSet::new(), tokio::time::interval(Duration::from_millis(5)));
    while !input.is_finished() {
        ticks.tick().await;
        requests.spawn(request(pool.clone()));
    }
    let done = requests.join_all().await;
    let failed: Vec<_> = done.iter().filter_map(|done| done.as_ref().err()).collect();
    println!("{} requests, {} failed {failed:?}", done.len(), failed.len());
    Ok(())
}
