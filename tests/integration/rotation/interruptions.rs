//! A rotation that ends at each of its calls, twice in the same place, and is begun again.

use harness::interruption::{Edge, Meter, metered};
use secrets_runtime::Error;
use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::{Rotation, RotationStep};

use super::Corner;
use super::service::Service;
use crate::support::aws::retrying;

const FIRST: &str = "the first password";

/// The rotation as a process with this meter has it.
fn process(corner: &Corner, service: &Service, meter: &Meter) -> Rotation<Service> {
    let url = metered(&corner.url, meter);
    Rotation::new(Admin::from_secrets_manager(retrying(&url)), service.metered(meter))
}

/// All that a rotation may leave behind, wherever it ended before.
async fn assert_rotated(corner: &Corner, service: &Service, scene: &str) {
    let passwords = service.passwords();
    assert!(passwords.len() > 1, "{scene}: nothing was rotated");
    let stages = corner.stages().await;
    let with = |label: &str| stages.values().filter(|stages| stages.iter().any(|own| own == label)).count();
    assert_eq!(
        (with("AWSCURRENT"), with("AWSPENDING"), with("AWSPREVIOUS")),
        (1, 1, 1),
        "{scene}: {stages:?}"
    );
    let current = corner.value("AWSCURRENT").await;
    assert!(current.as_deref().is_some_and(|current| service.takes(current)), "{scene}");
    assert!(current == corner.value("AWSPENDING").await, "{scene}: something is still pending");
    let before = passwords.get(passwords.len() - 2).cloned();
    assert!(before == corner.value("AWSPREVIOUS").await, "{scene}: the last good value is lost");
    // A value that was pending is continued with. One that was not has no label any more.
    let labelled = stages.values().filter(|stages| !stages.is_empty()).count();
    assert_eq!(labelled, 2, "{scene}: {stages:?}");
}

#[tokio::test]
async fn a_rotation_without_lambda_comes_to_its_end_wherever_it_ended_before() {
    let test = "a_rotation_without_lambda_comes_to_its_end_wherever_it_ended_before";
    let Some(moto) = harness::emulator::moto(test) else { return };
    for edge in [Edge::Before, Edge::After] {
        let mut calls = 0;
        loop {
            let scene = format!("{edge:?} call {calls}");
            let corner = Corner::with_value(moto, &format!("ends-{edge:?}-{calls}"), FIRST).await;
            let service = Service::with_password(FIRST);
            if !ends_without_lambda(&corner, &service, Meter::ending_at(calls, edge)).await {
                break;
            }
            ends_without_lambda(&corner, &service, Meter::ending_at(calls, edge)).await;
            let rotation = Rotation::new(corner.admin.clone(), service.clone());
            let version_id = rotation.rotate_now(&corner.name).await.unwrap();
            assert!(corner.stages().await[&version_id].contains(&"AWSCURRENT".to_owned()), "{scene}");
            assert_rotated(&corner, &service, &scene).await;
            calls += 1;
        }
        assert!(calls >= 15, "only {calls} calls were found to end at");
    }
}

#[tokio::test]
async fn a_rotation_in_lambda_comes_to_its_end_wherever_it_ended_before() {
    let test = "a_rotation_in_lambda_comes_to_its_end_wherever_it_ended_before";
    let Some(moto) = harness::emulator::moto(test) else { return };
    for edge in [Edge::Before, Edge::After] {
        let mut calls = 0;
        loop {
            let scene = format!("{edge:?} call {calls}");
            let corner = Corner::with_value(moto, &format!("ends-in-lambda-{edge:?}-{calls}"), FIRST).await;
            let service = Service::with_password(FIRST);
            corner.begin_rotation(super::TOKEN).await;
            if !ends_in_lambda(&corner, &service, Meter::ending_at(calls, edge)).await {
                break;
            }
            ends_in_lambda(&corner, &service, Meter::ending_at(calls, edge)).await;
            all_steps(&corner, &Rotation::new(corner.admin.clone(), service.clone())).await;
            assert_rotated(&corner, &service, &scene).await;
            assert_eq!(service.passwords().len(), 2, "{scene}: one rotation was asked for");
            calls += 1;
        }
        assert!(calls >= 15, "only {calls} calls were found to end at");
    }
}

/// Whether a rotation ends at a call.
async fn ends_without_lambda(corner: &Corner, service: &Service, meter: Meter) -> bool {
    let rotation = process(corner, service, &meter);
    let rotated: Option<Result<String, Error>> = meter.run(rotation.rotate_now(&corner.name)).await;
    rotated.map(Result::unwrap).is_none()
}

async fn ends_in_lambda(corner: &Corner, service: &Service, meter: Meter) -> bool {
    let rotation = process(corner, service, &meter);
    meter.run(all_steps(corner, &rotation)).await.is_none()
}

/// As Secrets Manager asks for them, from the first again if one fails.
async fn all_steps(corner: &Corner, rotation: &Rotation<Service>) {
    for step in RotationStep::ALL {
        rotation.handle(&corner.event(step)).await.unwrap();
    }
}
