"""Which class is mistaken for which: the maps of asymmetric noise, by class name, whatever the order of the classes."""

from collections.abc import Sequence

CIFAR10_PAIRS = {"truck": "automobile", "bird": "airplane", "deer": "horse", "cat": "dog", "dog": "cat"}
"""Patrini et al. 2017 (arXiv 1609.03683); the other five classes keep their labels."""

CIFAR10_CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

CIFAR100_SUPERCLASSES = {
    "aquatic_mammals": "beaver dolphin otter seal whale",
    "fish": "aquarium_fish flatfish ray shark trout",
    "flowers": "orchid poppy rose sunflower tulip",
    "food_containers": "bottle bowl can cup plate",
    "fruit_and_vegetables": "apple mushroom orange pear sweet_pepper",
    "household_electrical_devices": "clock keyboard lamp telephone television",
    "household_furniture": "bed chair couch table wardrobe",
    "insects": "bee beetle butterfly caterpillar cockroach",
    "large_carnivores": "bear leopard lion tiger wolf",
    "large_man-made_outdoor_things": "bridge castle house road skyscraper",
    "large_natural_outdoor_scenes": "cloud forest mountain plain sea",
    "large_omnivores_and_herbivores": "camel cattle chimpanzee elephant kangaroo",
    "medium_mammals": "fox porcupine possum raccoon skunk",
    "non-insect_invertebrates": "crab lobster snail spider worm",
    "people": "baby boy girl man woman",
    "reptiles": "crocodile dinosaur lizard snake turtle",
    "small_mammals": "hamster mouse rabbit shrew squirrel",
    "trees": "maple_tree oak_tree palm_tree pine_tree willow_tree",
    "vehicles_1": "bicycle bus motorcycle pickup_truck train",
    "vehicles_2": "lawn_mower rocket streetcar tank tractor",
}
"""CIFAR-100's 20 superclasses of five classes each, as published with the data set."""

BLOCK = 5
"""Consecutive class numbers asymmetric-next stays within on CIFAR-100 (UniCon's released code). Its class numbers are
alphabetical, so these blocks are not the superclasses."""


def asymmetric_targets(class_names: Sequence[str], *, following: bool) -> tuple[list[list[int]], str]:
    """Class number -> the classes its samples may be given, and the name of the map.

    following False: CIFAR-10's pairs, CIFAR-100's superclasses (the other four), for other data sets the next class.
    following True: the next class; on CIFAR-100 within blocks of five numbers. The last class wraps to the first (of
    its block).
    """
    number = {name: label for label, name in enumerate(class_names)}
    superclasses = [[number.get(name) for name in names.split()] for names in CIFAR100_SUPERCLASSES.values()]
    members = [[label for label in group if label is not None] for group in superclasses]
    is_cifar100 = len(number) == sum(map(len, members)) == 100
    if following or not (is_cifar100 or set(number) == set(CIFAR10_CLASSES)):
        block = BLOCK if is_cifar100 else len(class_names)
        targets = [[label - label % block + (label + 1) % block] for label in range(len(class_names))]
        # (label + 1) % block is the place in the block, for blocks that start at multiples of `block`
        return targets, f"next class within blocks of {BLOCK}" if is_cifar100 else "next class"
    if is_cifar100:
        others = {label: [other for other in group if other != label] for group in members for label in group}
        return [others[label] for label in range(100)], "another class of the superclass"
    return [[number[CIFAR10_PAIRS[name]]] if name in CIFAR10_PAIRS else [] for name in class_names], "CIFAR-10 pairs"
