//! Rotations of a secret whose service accepts neither AWSCURRENT nor AWSPREVIOUS.

use harness::stub::{Fault, Operation, Stub};
use secrets_runtime::ErrorKind;
use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::Rotation;

use super::service::Service;
use crate::support::aws::retrying;

const SECRET: &str = "shop/production/token";

/// A stub and a service. Each label is put in turn, so that earlier versions lose theirs.
async fn with_versions(versions: &[(&str, &str)], accepted: &str) -> (Stub, Service, Rotation<Service>) {
    let stub = Stub::start().await;
    for (index, (label, value)) in versions.iter().enumerate() {
        stub.put_version(SECRET, label, &format!("{index:032}"), value);
    }
    let service = Service::with_password(accepted);
    let rotation = Rotation::new(Admin::from_secrets_manager(retrying(&stub.url())), service.clone());
    (stub, service, rotation)
}

async fn assert_recovered(stub: &Stub, service: &Service) {
    let admin = Admin::from_secrets_manager(retrying(&stub.url()));
    assert!(service.takes(admin.read(SECRET).await.unwrap().expose_secret()));
}

#[tokio::test]
async fn the_value_of_a_version_without_a_label_is_tried() {
    for versions in [
        // A rotation that set its value and lost AWSPENDING to another one.
        [("AWSCURRENT", "first"), ("AWSPENDING", "lost"), ("AWSPENDING", "pending")].as_slice(),
        // AWSCURRENT is refused, and so is AWSPREVIOUS.
        &[("AWSCURRENT", "lost"), ("AWSCURRENT", "second"), ("AWSCURRENT", "third")],
        // The value has a label of another purpose.
        &[("AWSCURRENT", "first"), ("blue", "lost"), ("AWSCURRENT", "third")],
        // It is the last that is tried.
        &[
            ("AWSCURRENT", "lost"),
            ("AWSCURRENT", "a"),
            ("AWSCURRENT", "b"),
            ("AWSPENDING", "c"),
            ("AWSPENDING", "d"),
            ("AWSCURRENT", "e"),
        ],
    ] {
        let (stub, service, rotation) = with_versions(versions, "lost").await;
        rotation.rotate_now(SECRET).await.unwrap_or_else(|error| panic!("{versions:?}: {error}"));
        assert_recovered(&stub, &service).await;
        assert_eq!(service.passwords().len(), 2, "{versions:?}");
    }
}

#[tokio::test]
async fn the_versions_are_listed_only_if_the_labelled_values_are_refused() {
    let (stub, service, rotation) = with_versions(&[("AWSCURRENT", "first")], "first").await;
    rotation.rotate_now(SECRET).await.unwrap();
    assert_recovered(&stub, &service).await;
    let listed = Operation::Other("ListSecretVersionIds".to_owned());
    assert!(!stub.log().iter().any(|request| request.operation == listed));
}

#[tokio::test]
async fn a_service_that_accepts_no_version_is_reported() {
    let (stub, service, rotation) =
        with_versions(&[("AWSCURRENT", "first"), ("AWSCURRENT", "second")], "unknown").await;
    let error = rotation.rotate_now(SECRET).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
    assert!(error.to_string().contains("setSecret"), "{error}");
    assert_eq!(service.passwords(), ["unknown"]);
    // The cause that was found first stays in the report, with what else to allow.
    stub.fault(Fault::Denied.on(Operation::Other("ListSecretVersionIds".to_owned())));
    let error = rotation.rotate_now(SECRET).await.unwrap_err();
    assert!(error.to_string().contains("it takes none of the known passwords"), "{error}");
    assert!(error.to_string().contains("allow secretsmanager:ListSecretVersionIds on the secret"), "{error}");
}
