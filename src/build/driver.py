"""Calls one hook of a build backend (PEP 517, PEP 660) and writes down its answer.

    python -c DRIVER FOLDER INTO

FOLDER holds request.json and gets hook.txt (the hook that is being called) and
answer.json. INTO is where the hook is to put what it makes. The tree to build is
the current folder. Whatever a backend prints is for the caller to keep.

Runs on any Python from 3.6 on, and imports as little as it can: it shares the
process with the backend.
"""

import importlib
import json
import os
import signal
import sys
import threading
import traceback


class Refused(Exception):
    """A failure with a name that the caller knows."""

    def __init__(self, kind, message):
        Exception.__init__(self, message)
        self.kind = kind


def main(folder, into):
    follow_the_caller()
    # A pipe is buffered by blocks; in lines, both streams stay in order.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True)
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    if not request["isolated"]:
        put_scripts_first()
    try:
        answer = {"answer": answer_of(request, folder, into)}
    except Refused as error:
        answer = {"failure": error.kind, "message": str(error)}
    except BaseException as error:
        # `SystemExit` is how a setup.py fails; an interrupt ends the hook as well.
        kind, value, trace = sys.exc_info()
        if not isinstance(error, SystemExit):
            traceback.print_exception(kind, value, without_us(trace))
        elif isinstance(error.code, str):
            sys.stderr.write(error.code + "\n")
        answer = {"failure": "raised", "message": spelled(kind, value)}
    flush()
    text = json.dumps(answer)
    with open(os.path.join(folder, "answer.json"), "w", encoding="utf-8") as file:
        file.write(text)
    end_the_others()
    sys.exit(0 if "answer" in answer else 1)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def without_us(trace):
    """Drops the first steps of a trace: those in here and in Python's import."""
    while trace is not None:
        code = trace.tb_frame.f_code.co_filename
        is_import = code == importlib.__file__ or code.startswith("<frozen importlib")
        if trace.tb_frame.f_globals is not globals() and not is_import:
            break
        trace = trace.tb_next
    return trace


def spelled(kind, value):
    try:
        lines = traceback.format_exception_only(kind, value)
        return lines[-1].strip()
    except Exception:
        return kind.__name__


def follow_the_caller():
    """Makes this process the head of a group, and ends it with the caller.

    Standard input is a pipe that nobody writes to: it ends when the caller does,
    however that comes about. The hook itself reads nothing.
    """
    if hasattr(os, "setsid"):
        # Without a terminal, too: a program that asks for a password must fail.
        os.setsid()
    channel = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)

    def wait():
        try:
            while os.read(channel, 512):
                pass
        except OSError:
            pass
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    thread = threading.Thread(target=wait)
    thread.daemon = True
    thread.start()


def end_the_others():
    """Ends what the hook started and left running: nobody waits for it."""
    if hasattr(os, "killpg"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)


def put_scripts_first():
    """Lets the hook find the programs of its own Python before others."""
    import sysconfig

    places = [sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]
    os.environ["PATH"] = os.pathsep.join(place for place in places if place)


def answer_of(request, folder, into):
    backend = load(request["backend"], request["backend_path"])
    settings = request["settings"] or None
    # A backend that cannot make editable wheels is asked for ordinary ones.
    is_editable = request["kind"] == "editable" and hasattr(backend, "build_editable")
    kind = "editable" if is_editable else "wheel"
    call = Caller(backend, folder)
    deed = request["deed"]
    if deed == "requires":
        hook = "get_requires_for_build_" + kind
        if not hasattr(backend, hook):
            return []
        requires = call(hook, settings)
        # It should be a list; a tuple does no harm.
        if not isinstance(requires, (list, tuple)) or not all(
            isinstance(requirement, str) for requirement in requires
        ):
            raise Refused("answer", "%r, not a list of requirements" % (requires,))
        return requires
    if deed == "metadata":
        hook = "prepare_metadata_for_build_" + kind
        if hasattr(backend, hook):
            return {"metadata": name(call(hook, into, settings))}
    return {"wheel": name(call("build_" + kind, into, settings, None))}


def name(answer):
    if not isinstance(answer, str):
        raise Refused("answer", "%r, not a file's name" % (answer,))
    return answer


class Caller(object):
    """Calls hooks, and leaves behind which."""

    def __init__(self, backend, folder):
        self.backend = backend
        self.path = os.path.join(folder, "hook.txt")

    def __call__(self, hook, *arguments):
        with open(self.path, "w") as file:
            file.write(hook)
        if not hasattr(self.backend, hook):
            raise Refused("missing", hook)
        return getattr(self.backend, hook)(*arguments)


def load(backend, backend_path):
    """Imports the backend: from inside the tree, if it says where, and only there."""
    tree = os.getcwd()
    places = [os.path.realpath(os.path.join(tree, place)) for place in backend_path]
    # The first is the current folder, because of `-c`; the tree is not to be
    # imported from. Newer Pythons may have been told to leave it out.
    if sys.path and sys.path[0] == "":
        del sys.path[0]
    sys.path[:0] = places
    module_name, _, attributes = backend.partition(":")
    try:
        module = importlib.import_module(module_name)
    except BaseException:
        kind, value, trace = sys.exc_info()
        if not is_missing(value, module_name):
            traceback.print_exception(kind, value, without_us(trace))
        raise Refused("import", spelled(kind, value))
    if places and not is_inside(module, places):
        message = "it was found at %r" % (getattr(module, "__file__", None),)
        raise Refused("import", message + ", which is not in `backend-path`")
    found = module
    for attribute in attributes.split(".") if attributes else []:
        try:
            found = getattr(found, attribute)
        except AttributeError as error:
            raise Refused("import", str(error))
    return found


def is_missing(error, module_name):
    """Whether there is no such module, as opposed to one that fails inside."""
    if not isinstance(error, ImportError) or not getattr(error, "name", None):
        return False
    return module_name == error.name or module_name.startswith(error.name + ".")


def is_inside(module, places):
    files = [getattr(module, "__file__", None)] + list(getattr(module, "__path__", []))
    for file in files:
        if not file:
            continue
        file = os.path.realpath(file)
        for place in places:
            if file == place or file.startswith(os.path.join(place, "")):
                return True
    return False


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
