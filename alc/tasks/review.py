"""Serving the review page of a project until somebody ends it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from alc.answers.answer import Shown
from alc.answers.project import Project
from alc.errors import InputError
from alc.review.guard import is_loopback
from alc.review.server import ReviewServer
from alc.review.session import ReviewSession
from alc.tasks.console import say

__all__ = ["Review"]


@dataclass(frozen=True)
class Review:
    """The settings of ``alc-review``.

    Attributes:
        project: Folder of the project.
        shown: What of labels is shown before an answer.
        annotator: Who answers; None asks at the page.
        budget: The most samples to ask about; None for all of the last round.
        host: Address to listen at.
        port: 0 takes a free one.
        network: Whether other computers may connect.
    """

    project: Path
    shown: Shown = "none"
    annotator: str | None = None
    budget: int | None = None
    host: str = "127.0.0.1"
    port: int = 0
    network: bool = False

    def run(self) -> None:
        """Serve until interrupted.

        Raises:
            InputError: A setting is refused, the project has nothing to look at, or the port is taken.
        """
        if not is_loopback(self.host) and not self.network:
            raise InputError(
                f"--host {self.host} lets other computers in, without encryption: whoever reads the address on its way "
                "can look at the images and answer",
                fix="Leave it out and come through ssh -L, or type --open-to-network as well",
            )
        project = Project.open(self.project)
        session = ReviewSession(project, shown=self.shown, annotator=self.annotator, budget=self.budget)
        before = len(project.log.read())
        server = ReviewServer(session, self.host, self.port)
        shown = "neither given nor suggested labels are shown" if self.shown == "none" else f"{self.shown} label shown"
        say(f"review   {len(session)} images of {self.project}, {shown}", f"open     {server.url}")
        say("         Ctrl+C ends it; every answer is kept as it is given")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            server.close()
            new = len(project.log.read()) - before
            say("", f"answers  {new} new in {project.log.path}")
            say(f"next     {shlex.join(['alc-clean', f'project={self.project}'])}")
