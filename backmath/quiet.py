"""What libraries that work with models print of their own accord, and would send home."""


def quiet() -> None:
    """Keep what libraries print off the terminal, and their calls home off the network; before they are imported."""
    import os
    import warnings

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")  # TRL calls names of before
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TQDM_DISABLE", "1")  # GGUF files are read with one that nothing else turns off
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
