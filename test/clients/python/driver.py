"""An application that asks published OpenFeature clients what its standard input tells it to: one JSON object a line comes in with an
`id`, and one goes out with the same `id`; what the clients report by themselves goes out as it happens. The drivers of the other
languages speak the same."""

import json
import os
import sys
import threading

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import CacheType, ResolverType
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent

saying = threading.Lock()


def say(message):
    with saying:
        print(json.dumps(message), flush=True)


def new_provider(name, options):
    if name == "ofrep":
        return OFREPProvider(
            options["httpUrl"],
            headers_factory=lambda: {"Authorization": f"Bearer {options['token']}"},
        )
    return FlagdProvider(
        host=options["host"],
        port=options["flagdPort"],
        resolver_type=ResolverType.RPC,
        cache=CacheType.LRU if options["cache"] else CacheType.DISABLED,
        # It sends no header of the application's; its selector carries the token.
        selector=f"token={options['token']}",
        deadline_ms=20_000,
        retry_backoff_ms=1_000,
        retry_backoff_max_ms=1_000,
    )


def open_client(given):
    name = given["name"]
    api.set_provider_and_wait(new_provider(given["provider"], given["options"]), name)
    client = api.get_client(name)
    for event in ProviderEvent:
        client.add_handler(event, reporter(name, event))
    return {}


def reporter(name, event):
    return lambda details: say({"name": name, "event": event.value, "flags": details.flags_changed or []})


def ask(given):
    client = api.get_client(given["name"])
    context = dict(given.get("context") or {})
    about = EvaluationContext(context.pop("targetingKey", None), context)
    details = getattr(client, f"get_{given['type']}_details")(given["flag"], given["otherwise"], about)
    told = {
        "value": details.value,
        "reason": details.reason,
        "variant": details.variant,
        "errorCode": details.error_code.value if details.error_code else None,
        "errorMessage": details.error_message,
        "metadata": dict(details.flag_metadata or {}),
    }
    return {name: value for name, value in told.items() if value is not None}


OPERATIONS = {"open": open_client, "ask": ask, "close": lambda given: {}}


def carry_out(given):
    try:
        say({"id": given["id"], "result": OPERATIONS[given["operation"]](given)})
    except Exception as error:
        say({"id": given["id"], "error": f"{type(error).__name__}: {error}"})
    if given["operation"] == "close":
        os._exit(0)


for line in sys.stdin:
    threading.Thread(target=carry_out, args=(json.loads(line),), daemon=True).start()
