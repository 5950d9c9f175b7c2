//! Values in a `Secret`: made, shared, mapped, joined, converted.

use secrecy::{SecretBox, SecretString};
use secrets_runtime::{Redacted, Secret};

use super::json_string;
use crate::canary::{CANARY, PLAIN};
use crate::residue::{Residue, measure};

pub(super) fn from_str() -> Residue {
    measure(|| Secret::from(CANARY))
}

pub(super) fn from_string() -> Residue {
    measure(|| {
        // With more room than it needs: all of it is wiped.
        let mut text = String::with_capacity(4 * CANARY.len());
        text.push_str(CANARY);
        Secret::from(text)
    })
}

pub(super) fn from_bytes() -> Residue {
    measure(|| (Secret::from(CANARY.as_bytes()), Secret::from(CANARY.as_bytes().to_vec())))
}

pub(super) fn clones() -> Residue {
    measure(|| vec![Secret::from(CANARY); 10])
}

pub(super) fn map() -> Residue {
    measure(|| Secret::from(CANARY).map(|text| ["Bearer ", text].concat()))
}

pub(super) fn try_map() -> Residue {
    measure(|| {
        let secret = Secret::from(CANARY);
        let refused = secret.try_map(|text| text.parse::<u16>().map_err(drop));
        assert!(refused.is_err());
        secret.try_map(|text| Ok::<_, ()>(text.as_bytes().to_vec())).unwrap()
    })
}

pub(super) fn zip() -> Residue {
    measure(|| Secret::from(CANARY).zip(&Secret::from(PLAIN)))
}

pub(super) fn parsed() -> Residue {
    measure(|| {
        assert!(CANARY.parse::<Secret<u16>>().is_err());
        CANARY.parse::<Secret<String>>().unwrap()
    })
}

pub(super) fn secrecy_and_back() -> Residue {
    measure(|| {
        let there = SecretString::from(Secret::from(CANARY));
        let back: Secret<String> = there.into();
        let boxed: SecretBox<String> = back.into();
        Secret::<String>::from(boxed)
    })
}

pub(super) fn deserialized() -> Residue {
    // Without escapes `serde_json` borrows what it shows; with them see the controls.
    let json = json_string(PLAIN);
    measure(|| serde_json::from_str::<Secret<String>>(json.expose_secret()).unwrap())
}

pub(super) fn redacted() -> Residue {
    measure(|| Redacted::new(CANARY.to_owned()))
}
