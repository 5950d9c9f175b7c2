# Becomes the AWS Secrets Manager Agent, with a token and a configuration of its own, in the working folder.
#
# The argument is its port; AGENT_BINARY is its program, and AGENT_ENDPOINT the Secrets Manager that it asks.
import os
import secrets
import sys

with open("token", "w") as token:
    token.write(secrets.token_hex(32) + "\n")
with open("agent.toml", "w") as config:
    config.write(f'http_port = "{sys.argv[1]}"\nlog_to_file = false\nvalidate_credentials = false\nregion = "us-east-1"\n')
# Nothing of the machine's own account.
environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
environment.update(
    AWS_TOKEN=f"file://{os.path.abspath('token')}",
    AWS_ENDPOINT_URL=os.environ["AGENT_ENDPOINT"],
    AWS_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_EC2_METADATA_DISABLED="true",
)
program = os.environ["AGENT_BINARY"]
os.execve(program, [program, "--config", "agent.toml"], environment)
