//! Adds the replicas of secrets to an IAM policy, for services with a failover region.

use super::iam::IamPolicy;

impl IamPolicy<'_> {
    /// Allows reading the replicas in this region, too: what a source with a
    /// [`failover_region`](crate::source::SecretsManagerBuilder::failover_region) reads while the region does
    /// not answer. With a [`region`](Self::region) of `*`, secrets that are read by name are allowed in every
    /// region anyway. Replicas have KMS keys of their own: [add them](Self::kms_key).
    pub fn failover_region(mut self, region: impl Into<String>) -> Self {
        self.failover_region = Some(region.into());
        self
    }

    /// The resources, and those of their replicas.
    pub(super) fn with_replicas(&self, resources: Vec<String>) -> Vec<String> {
        let Some(failover) = &self.failover_region else { return resources };
        let replica = |resource: &String| {
            let parts: Vec<&str> = resource.splitn(5, ':').collect();
            let [arn, partition, service, region, rest] = *parts.as_slice() else { return None };
            let has_replica = region != "*" && (self.region == "*" || self.region == region);
            has_replica.then(|| format!("{arn}:{partition}:{service}:{failover}:{rest}"))
        };
        let replicas: Vec<String> = resources.iter().filter_map(replica).collect();
        resources.into_iter().chain(replicas).collect()
    }
}
