//! A rotation that ends at each of its calls, to Secrets Manager and to the server, and is begun again.

use std::sync::{Arc, Mutex};

use harness::interruption::{Edge, Meter, metered, metered_postgres};
use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::{PostgresRotator, Rotation, SuperuserSecret};

use super::{Database, FIRST};
use crate::support::aws::retrying;

/// What is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Users {
    Single,
    /// The first rotation, which makes the clone.
    First,
    /// The second one, with the original's turn.
    Second,
}

/// A database that processes reach by way of the meter that is in place.
struct Scene {
    database: Database,
    users: Users,
    meter: Arc<Mutex<Meter>>,
}

impl Scene {
    async fn new(test: &str, users: Users, user: String) -> Option<Self> {
        let postgres = harness::postgres::postgres(test)?;
        let meter = Arc::new(Mutex::new(Meter::endless()));
        let address = metered_postgres(postgres.address(), &meter);
        // Its name is part of the test, and as long as that.
        let user: &'static str = user.leak();
        let database = Database::at(&format!("{test}-{user}"), user, address).await?;
        let scene = Self { database, users, meter };
        if users == Users::Second {
            scene.rotate(&Meter::endless()).await.unwrap();
        }
        Some(scene)
    }

    /// A process with this meter: none if it ended at a call.
    async fn rotate(&self, meter: &Meter) -> Option<String> {
        let Database { corner, superuser_secret, .. } = &self.database;
        *self.meter.lock().unwrap() = meter.clone();
        let admin = Admin::from_secrets_manager(retrying(&metered(&corner.url, meter)));
        let superuser = SuperuserSecret::new(admin.clone(), superuser_secret);
        let rotator = match self.users {
            Users::Single => PostgresRotator::single_user(),
            _ => PostgresRotator::alternating_users(superuser),
        };
        let rotation = Rotation::new(admin, rotator);
        meter.run(rotation.rotate_now(&corner.name)).await.map(Result::unwrap)
    }
}

/// After each call alone: a process keeps nothing in mind, so to end before the next one leaves the same behind.
async fn comes_to_its_end(test: &str, users: Users) {
    let mut calls = 0;
    loop {
        let user = format!("{users:?}_{calls}").to_lowercase();
        let Some(scene) = Scene::new(test, users, user).await else { return };
        let named = format!("{users:?}, after call {calls}");
        if scene.rotate(&Meter::ending_at(calls, Edge::After)).await.is_some() {
            break;
        }
        // What it has set by then is in force, or AWSCURRENT still is: nobody is locked out.
        let database = &scene.database;
        assert!(accepts_any_login(database).await, "{named}: nobody is let in");
        if users != Users::Single {
            database.assert_current_is_let_in(&named).await;
        }
        let version_id = scene.rotate(&Meter::endless()).await.unwrap();
        database.assert_current_is_let_in(&named).await;
        let stages = database.corner.stages().await;
        assert!(stages[&version_id].contains(&"AWSCURRENT".to_owned()), "{named}: {stages:?}");
        assert_eq!(database.member("AWSPENDING", "password").await, database.current().await.1, "{named}");
        calls += 1;
    }
    assert!(calls >= 20, "only {calls} calls were found to end at");
}

async fn accepts_any_login(database: &Database) -> bool {
    if database.is_let_in(database.user, FIRST).await {
        return true;
    }
    for stage in ["AWSCURRENT", "AWSPENDING"] {
        let user = database.member(stage, "username").await;
        if database.is_let_in(&user, &database.member(stage, "password").await).await {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_single_users_rotation_comes_to_its_end_wherever_it_ended_before() {
    comes_to_its_end("single-ends", Users::Single).await;
}

#[tokio::test]
async fn the_rotation_that_makes_a_clone_comes_to_its_end_wherever_it_ended_before() {
    comes_to_its_end("first-ends", Users::First).await;
}

#[tokio::test]
async fn the_rotation_of_an_alternating_user_comes_to_its_end_wherever_it_ended_before() {
    comes_to_its_end("second-ends", Users::Second).await;
}
