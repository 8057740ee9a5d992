"""What is done about suspicious samples: cleaning, and what it has to be better than at the same cost or at none."""

from alc.treatments.argmax import Argmax
from alc.treatments.bought import Bought
from alc.treatments.dropped import Dropped
from alc.treatments.new_samples import NewSamples
from alc.treatments.treatment import Case, Pool, Treatment, label_table

__all__ = ["Argmax", "Bought", "Case", "Dropped", "NewSamples", "Pool", "Treatment", "label_table"]
