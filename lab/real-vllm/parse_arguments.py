"""Gives argument lists to vLLM's own parser and its checks: JSON from standard input, `{"ml": ["--model", …]}`; one line for each."""

import json
import sys

from vllm.entrypoints.cli.serve import make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser

failed = False
for name, arguments in json.load(sys.stdin).items():
    try:
        parser = make_arg_parser(FlexibleArgumentParser())
        validate_parsed_serve_args(parser.parse_args(arguments))
        print(f"{name}: taken")
    except (SystemExit, Exception) as error:
        failed = True
        print(f"{name}: refused: {error}")
sys.exit(1 if failed else 0)
