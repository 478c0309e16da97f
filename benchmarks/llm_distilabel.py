"""What distilabel does with the questions that `benchmarks.llm_throughput` asks; run by a Python that has distilabel.

python llm_distilabel.py URL CALLS IN_FLIGHT
"""

import json
import os
import sys
import tempfile

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

WORDS = "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. " * 2


def main() -> None:
    """Ask all, and count the answers."""
    url, calls, in_flight = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rows = [{"instruction": f"{WORDS} How many in month {number}?"} for number in range(calls)]
    with tempfile.TemporaryDirectory() as cache:  # with one that was used it counts on what is in it
        with Pipeline(name="throughput", cache_dir=cache) as pipeline:
            model = OpenAILLM(model="mock", base_url=url, api_key="none", generation_kwargs={"max_new_tokens": 1_024})
            load = LoadDataFromDicts(data=rows, batch_size=in_flight)
            load >> TextGeneration(llm=model, input_batch_size=in_flight)
        answered = pipeline.run(use_cache=False)["default"]["train"]["generation"]
    cpu_s = sum(os.times()[:4])  # of its processes too
    print(json.dumps({"answered": sum(text is not None for text in answered), "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
