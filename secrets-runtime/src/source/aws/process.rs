//! What the variables of the process say about AWS: checked before the SDK reads them for itself.

use super::settings::Settings;
use super::variables::{ENDPOINTS, Variables};
use crate::error::SourceError;
use crate::source::Env;

impl Settings {
    /// What is loaded: in the default chain the process's variables say what is not said here. They are checked before
    /// the SDK sees them, which quotes a malformed endpoint in its log and its errors, and panics at an empty one.
    ///
    /// # Errors
    /// The first variable that cannot be used, by its name.
    pub(super) fn completed_by_process(&self) -> Result<Self, SourceError> {
        let mut settings = self.clone();
        if self.is_of_default_chain() && !self.has_own_variables {
            let mut problems = Vec::new();
            let mut variables = Variables { env: &Env::process(), problems: &mut problems };
            variables.complete_endpoint(&mut settings);
            variables.complete_region(&mut settings);
            if let Some(problem) = problems.first() {
                // The name is the word before the reason: `AWS_REGION: not the name of a region`.
                return Err(problem.error().clone().with_code(problem.place()));
            }
        }
        Ok(settings)
    }
}

/// Whether the process has a variable that the SDK takes for an endpoint, be it an empty one.
pub(super) fn has_endpoint() -> bool {
    ENDPOINTS.iter().any(|name| std::env::var_os(name).is_some())
}
