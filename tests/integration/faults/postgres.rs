//! Rotations that a real `PostgreSQL` refuses, by the state of its roles.

use harness::postgres::Postgres;
use harness::stub::Stub;
use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::{PostgresRotator, Rotation, SuperuserSecret};
use tokio_postgres::NoTls;

use super::row::{Row, row, said};
use crate::support::aws::once;

const NAME: &str = "shop/production/database";
const SUPERUSER: &str = "shop/production/superuser";

/// None if tests with servers are skipped.
pub(super) fn server() -> Option<&'static Postgres> {
    harness::postgres::postgres("the page of faults")
}

/// The secret of a user, as RDS has it.
fn document(user: &str, password: &str, port: u16, database: &str) -> String {
    format!(
        r#"{{"engine": "postgres", "host": "127.0.0.1", "port": {port}, "username": "{user}", "password": "{password}", "dbname": "{database}"}}"#
    )
}

/// An account with the secrets of a user and of the superuser, after these statements.
struct Scene {
    stub: Stub,
    admin: Admin,
    port: u16,
}

impl Scene {
    async fn new(statements: &str, user: &str) -> Self {
        let postgres = server().unwrap();
        let (client, connection) = tokio_postgres::connect(&postgres.uri(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(statements).await.unwrap();
        let (stub, port) = (Stub::start().await, postgres.address().port());
        stub.put(SUPERUSER, &document("postgres", postgres.password(), port, "postgres"));
        stub.put(NAME, &document(user, "first", port, "postgres"));
        let admin = Admin::from_secrets_manager(once(&stub.url()));
        Self { stub, admin, port }
    }

    async fn rotated(&self, rotator: PostgresRotator) -> String {
        said(Rotation::new(self.admin.clone(), rotator).rotate_now(NAME).await)
    }

    async fn alternating(&self) -> String {
        let superuser = SuperuserSecret::new(self.admin.clone(), SUPERUSER);
        self.rotated(PostgresRotator::alternating_users(superuser)).await
    }
}

async fn alternating(statements: &'static str, user: &'static str) -> String {
    Scene::new(statements, user).await.alternating().await
}

async fn single(statements: &'static str, user: &'static str) -> String {
    Scene::new(statements, user).await.rotated(PostgresRotator::single_user()).await
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = passwords();
    rows.extend(pairs());
    rows
}

fn passwords() -> Vec<Row> {
    vec![
        row(
            "The password was changed past the secret.",
            "Set one of the passwords that the secret has had: `ALTER ROLE .. PASSWORD ..`.",
            single("CREATE ROLE faults_forgetful LOGIN PASSWORD 'other'", "faults_forgetful"),
        ),
        row(
            "The same, with alternating users.",
            "Set the password of the secret: `ALTER ROLE .. PASSWORD ..`.",
            alternating("CREATE ROLE faults_stranger LOGIN PASSWORD 'other'", "faults_stranger"),
        ),
        row(
            "The role of the secret may not log in.",
            "",
            single("CREATE ROLE faults_lost NOLOGIN PASSWORD 'first'", "faults_lost"),
        ),
        row("The database of the secret does not exist.", "Correct `dbname`.", async {
            let scene = Scene::new("CREATE ROLE faults_astray LOGIN PASSWORD 'first'", "faults_astray").await;
            scene.stub.put(NAME, &document("faults_astray", "first", scene.port, "absent"));
            scene.rotated(PostgresRotator::single_user()).await
        }),
        row(
            "The pending value was stored by hand, for another user.",
            "Remove AWSPENDING, and rotate again.",
            async {
                let scene =
                    Scene::new("CREATE ROLE faults_steady LOGIN PASSWORD 'first'", "faults_steady").await;
                let pending = document("faults_other", "second", scene.port, "postgres");
                scene.stub.put_version(NAME, "AWSPENDING", "51f72378-6a5d-4dc7-8fd8-29e4319f482a", &pending);
                scene.rotated(PostgresRotator::single_user()).await
            },
        ),
        row("The secret does not name the secret of its superuser.", "", async {
            let scene = Scene::new("CREATE ROLE faults_alone LOGIN PASSWORD 'first'", "faults_alone").await;
            let superuser = SuperuserSecret::from_masterarn(scene.admin.clone());
            scene.rotated(PostgresRotator::alternating_users(superuser)).await
        }),
        row("No version of the secret is current.", "Store the login of the user first.", async {
            let scene = Scene::new("CREATE ROLE faults_former LOGIN PASSWORD 'first'", "faults_former").await;
            scene.stub.remove(NAME);
            let former = document("faults_former", "first", scene.port, "postgres");
            scene.stub.put_version(NAME, "AWSPREVIOUS", "61f72378-6a5d-4dc7-8fd8-29e4319f482a", &former);
            scene.alternating().await
        }),
        row("The superuser's password is wrong.", "Store the right one in the superuser's secret.", async {
            let scene = Scene::new("CREATE ROLE faults_plain LOGIN PASSWORD 'first'", "faults_plain").await;
            scene.stub.put(SUPERUSER, &document("postgres", "wrong", scene.port, "postgres"));
            scene.alternating().await
        }),
        row(
            "The superuser's secret is about another server.",
            "Name the secret of this server's superuser.",
            async {
                let scene =
                    Scene::new("CREATE ROLE faults_local LOGIN PASSWORD 'first'", "faults_local").await;
                scene.stub.put(SUPERUSER, &document("postgres", "wrong", 1, "postgres"));
                scene.alternating().await
            },
        ),
    ]
}

fn pairs() -> Vec<Row> {
    vec![
        row(
            "The secret names a clone whose original does not exist.",
            "Create the role, or store its name in the secret.",
            alternating("CREATE ROLE faults_orphan_clone LOGIN PASSWORD 'first'", "faults_orphan_clone"),
        ),
        row(
            "A role happens to have the name of the clone.",
            "Rename that role.",
            alternating(
                "CREATE ROLE faults_namesake LOGIN PASSWORD 'first'; CREATE ROLE faults_namesake_clone LOGIN PASSWORD 'other'",
                "faults_namesake",
            ),
        ),
        row(
            "The secret is that of a superuser.",
            "Rotate it with `PostgresRotator::single_user`.",
            alternating("CREATE ROLE faults_mighty SUPERUSER LOGIN PASSWORD 'first'", "faults_mighty"),
        ),
        row(
            "The clone may not log in.",
            "",
            alternating(
                "CREATE ROLE faults_barred LOGIN PASSWORD 'first'; CREATE ROLE faults_barred_clone NOLOGIN PASSWORD 'other' IN ROLE faults_barred",
                "faults_barred",
            ),
        ),
        row(
            "The clone's role has expired.",
            "",
            alternating(
                "CREATE ROLE faults_late LOGIN PASSWORD 'first'; CREATE ROLE faults_late_clone LOGIN PASSWORD 'other' VALID UNTIL '2001-01-01' IN ROLE faults_late",
                "faults_late",
            ),
        ),
    ]
}
