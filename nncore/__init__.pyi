from nncore.config.architecture import Architecture as Architecture
from nncore.config.training import TrainingSettings as TrainingSettings
from nncore.data.dataset import Data as Data
from nncore.errors import NncoreError as NncoreError
from nncore.model import Model as Model
from nncore.model_file import load as load
from nncore.model_file import save as save
from nncore.network.network import Network as Network
from nncore.training.fit import fit as fit

__version__: str
