"""Puts libswale.so of the checkout into the wheel, building it when it is not there yet."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LIBRARY = "libswale.so"


class LibraryBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]
    """Adds the native library and names the platform that the wheel is for."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Find or build the library; an editable install uses the checkout's own and needs no copy."""
        checkout = Path(self.root).resolve().parents[1]
        library = checkout / ".build" / "release" / LIBRARY
        if not library.exists():
            self._build(checkout)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        if version != "editable":
            build_data["force_include"][str(library)] = f"swale/{LIBRARY}"

    def _build(self, checkout: Path) -> None:
        command = ["swift", "build", "-c", "release", "--product", "swale"]
        if not (checkout / "Package.swift").exists() or shutil.which("swift") is None:
            raise SystemExit(
                f"{LIBRARY} is not in {checkout / '.build/release'} and cannot be built: install Swift 6.3 or newer, "
                f"then run '{' '.join(command)}' in the checkout of Swale"
            )
        self.app.display_info(f"building {LIBRARY}: {' '.join(command)}")
        subprocess.run(command, cwd=checkout, check=True)
