//! [`Denial`]: the kind of policy that denies a call, by the phrase of [AWS's message][1]. The rest of the
//! message is never read.
//!
//! [1]: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Denial {
    /// AWS does not say.
    Unspecified,
    Identity {
        is_explicit: bool,
    },
    ServiceControl,
    ResourceControl,
    VpcEndpoint {
        is_explicit: bool,
    },
    Resource {
        is_explicit: bool,
    },
    Boundary,
    Session,
    /// Denied explicitly, by a policy of a kind that is not known.
    Explicit,
}

/// The more specific phrases come first.
const PHRASES: [(&str, Denial); 15] = [
    ("explicit deny in an identity-based policy", Denial::Identity { is_explicit: true }),
    ("no identity-based policy allows", Denial::Identity { is_explicit: false }),
    ("explicit deny in a service control policy", Denial::ServiceControl),
    ("no service control policy allows", Denial::ServiceControl),
    ("explicit deny in a resource control policy", Denial::ResourceControl),
    ("no resource control policy allows", Denial::ResourceControl),
    ("explicit deny in a VPC endpoint policy", Denial::VpcEndpoint { is_explicit: true }),
    ("no VPC endpoint policy allows", Denial::VpcEndpoint { is_explicit: false }),
    ("explicit deny in a resource-based policy", Denial::Resource { is_explicit: true }),
    ("no resource-based policy allows", Denial::Resource { is_explicit: false }),
    ("explicit deny in a permissions boundary", Denial::Boundary),
    ("no permissions boundary allows", Denial::Boundary),
    ("explicit deny in a session policy", Denial::Session),
    ("no session policy allows", Denial::Session),
    ("with an explicit deny", Denial::Explicit),
];

/// The phrases to keep of a message.
pub(in crate::source) fn phrases() -> impl Iterator<Item = &'static str> {
    PHRASES.iter().map(|(phrase, _)| *phrase)
}

impl Denial {
    pub(super) fn of_message(message: Option<&str>) -> Self {
        let says = |phrase: &str| message.is_some_and(|message| message.contains(phrase));
        PHRASES.iter().find(|(phrase, _)| says(phrase)).map_or(Self::Unspecified, |(_, denial)| *denial)
    }

    pub(super) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Unspecified => None,
            Self::Identity { is_explicit: true } => Some("an identity-based policy denies it explicitly"),
            Self::Identity { is_explicit: false } => Some("no identity-based policy allows it"),
            Self::ServiceControl => Some("a service control policy of the organization denies it"),
            Self::ResourceControl => Some("a resource control policy of the organization denies it"),
            Self::VpcEndpoint { is_explicit: true } => {
                Some("the policy of the VPC endpoint denies it explicitly")
            }
            Self::VpcEndpoint { is_explicit: false } => {
                Some("the policy of the VPC endpoint does not allow it")
            }
            Self::Resource { is_explicit: true } => {
                Some("the resource policy of the secret denies it explicitly")
            }
            Self::Resource { is_explicit: false } => Some("no resource policy of the secret allows it"),
            Self::Boundary => Some("the permissions boundary of the role denies it"),
            Self::Session => Some("the session policy denies it"),
            Self::Explicit => Some("a policy denies it explicitly"),
        }
    }

    /// What to do, if allowing the action in a policy of the role is not enough.
    pub(super) const fn help(self) -> Option<&'static str> {
        match self {
            Self::Unspecified | Self::Identity { is_explicit: false } => None,
            Self::Identity { is_explicit: true } => Some(
                "remove the statement with \"Effect\": \"Deny\" from the policies of the role or user, or change its condition: no other policy outweighs it",
            ),
            Self::ServiceControl | Self::ResourceControl => {
                Some("ask the administrators of the AWS organization: no policy of this account outweighs it")
            }
            Self::VpcEndpoint { .. } => {
                Some("allow the action for this role in the policy of the VPC endpoint")
            }
            Self::Resource { is_explicit: true } => {
                Some("change the statement with \"Effect\": \"Deny\" in the secret's resource policy")
            }
            Self::Resource { is_explicit: false } => Some(
                "allow the role in the secret's resource policy, as a secret of another account needs, and in the policy of its KMS key",
            ),
            Self::Boundary => Some("allow the action in the permissions boundary of the role, too"),
            Self::Session => {
                Some("allow the action in the session policy with which the role was assumed, too")
            }
            Self::Explicit => {
                Some("find the statement with \"Effect\": \"Deny\": no other policy outweighs it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_policy_has_its_reason() {
        let user = "User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: \
                    secretsmanager:GetSecretValue on resource: jwt";
        for (end, reason) in [
            (
                "because no identity-based policy allows the secretsmanager:GetSecretValue action",
                "no identity-based policy allows it",
            ),
            (
                "with an explicit deny in an identity-based policy",
                "an identity-based policy denies it explicitly",
            ),
            (
                "with an explicit deny in a service control policy",
                "a service control policy of the organization denies it",
            ),
            (
                "with an explicit deny in a resource control policy",
                "a resource control policy of the organization denies it",
            ),
            (
                "because no VPC endpoint policy allows the secretsmanager:GetSecretValue action",
                "the policy of the VPC endpoint does not allow it",
            ),
            (
                "with an explicit deny in a VPC endpoint policy",
                "the policy of the VPC endpoint denies it explicitly",
            ),
            (
                "because no resource-based policy allows the secretsmanager:GetSecretValue action",
                "no resource policy of the secret allows it",
            ),
            (
                "with an explicit deny in a resource-based policy",
                "the resource policy of the secret denies it explicitly",
            ),
            (
                "because no permissions boundary allows the secretsmanager:GetSecretValue action",
                "the permissions boundary of the role denies it",
            ),
            ("with an explicit deny in a session policy", "the session policy denies it"),
            ("with an explicit deny in a policy of the future", "a policy denies it explicitly"),
        ] {
            let message = format!("{user} {end}");
            assert_eq!(Denial::of_message(Some(&message)).reason(), Some(reason));
        }
        assert_eq!(Denial::of_message(Some(user)), Denial::Unspecified);
        assert_eq!(Denial::of_message(None), Denial::Unspecified);
    }
}
