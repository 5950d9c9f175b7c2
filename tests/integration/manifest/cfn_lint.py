# What cfn-lint says of the CloudFormation template on stdin: a line for each error and each warning.
import sys

from cfnlint.api import lint_all

for finding in lint_all(sys.stdin.read()):
    # What it has to say for information is advice, and there is always some.
    if finding.rule.id[0] in "EW":
        print(finding.rule.id, finding.message, finding.path)
