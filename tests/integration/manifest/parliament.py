# What parliament says of the IAM policy on stdin: a line for each finding.
import sys

import parliament

for finding in parliament.analyze_policy_string(sys.stdin.read()).findings:
    print(finding.issue, finding.detail, finding.location)
