using Paging.Tour.Stories.Anatomy;
using Paging.Tour.Stories.Beyond;
using Paging.Tour.Stories.Files;
using Paging.Tour.Stories.Kernel;
using Paging.Tour.Stories.Time;

namespace Paging.Tour;

/// <summary>The stories of Linux, in the order of the articles.</summary>
public static class StoryCatalog
{
    /// <summary>The chapter of files, with which a story of another system goes.</summary>
    public const string Files = "3 The page cache, memory and files";

    /// <summary>The chapter of stories that the articles do not have.</summary>
    public const string Beyond = "4 Beyond the articles";

    private const string Anatomy = "1 Anatomy of a program in memory", Kernel = "2 How the kernel manages your memory",
        Cost = "5 What memory costs";

    /// <summary>The stories.</summary>
    public static IReadOnlyList<StoryEntry> All =>
    [
        new("layouts", "Two layouts", Anatomy, "Where the parts of a program lie, and which way mappings grow.", LayoutStory.Tell),
        new("variables", "Where variables live", Anatomy, "Text, data and BSS, by three variables.", VariablesStory.Tell),
        new("aslr", "Chance in the layout", Anatomy, "The same program twice, with and without randomised addresses.", RandomStory.Tell),
        new("switch", "Two processes and a switch", Anatomy, "The same address in two processes leads to two frames.", SwitchStory.Tell),
        new("kernel", "Kernel space in all of them", Anatomy, "A gigabyte that every process maps and none may touch.", KernelStory.Tell),
        new("stack", "A stack grows", Anatomy, "The only access to unmapped memory that may be valid.", StackStory.Tell),
        new("threads", "A stack for each thread", Anatomy, "Threads share one address space, and each has a stack in it.",
            ThreadStory.Tell),
        new("segfault", "Three segmentation faults", Anatomy, "By a hole, by a right, and by an address of the kernel.",
            SegfaultStory.Tell),
        new("fragmentation", "A heap with holes", Anatomy, "Why a heap grows although much of it is free.", FragmentationStory.Tell),
        new("descriptor", "Descriptor, list and tree", Kernel, "What the kernel writes down about a process.", DescriptorStory.Tell),
        new("entry", "The bits of an entry", Kernel, "32 bits for each page, and which of them are sticky.", EntryStory.Tell),
        new("pagesizes", "4 KB, 4 MB and 2 MB", Kernel,
            "Small pages for programs, large ones for the kernel, and a third size with a third level.", PageSizeStory.Tell),
        new("frames", "Physical memory", Kernel, "The state of every frame, from boot to the end of a process.", FramesStory.Tell),
        new("heap", "A heap, mapped", Kernel, "Pages with a frame, pages without, and pages on a swap device.", HeapStory.Tell),
        new("brk", "Agreed, then done", Kernel, "From brk() through a page fault to an anonymous page.", BreakStory.Tell),
        new("swap", "Out to swap and back", Kernel, "A swap entry, and the major fault that reads it.", SwapStory.Tell),
        new("read", "Reading a file", Files, "render reads scene.dat, 512 bytes at a time, and has it twice.", ReadStory.Tell),
        new("map", "Mapping a file", Files, "render maps scene.dat, and there is one copy.", MapStory.Tell),
        new("ceiling", "The cache grows, and gives way", Files, "Cached pages outlive their readers until memory is needed.",
            CeilingStory.Tell),
        new("write", "Write, fsync and a crash", Files, "When a write is on the disk, and when it is not.", WriteStory.Tell),
        new("readahead", "Read-ahead and hints", Files, "Pages that come before they are asked for.", ReadAheadStory.Tell),
        new("copy", "Private, shared, copy on write", Files, "render and render3d share frames until one of them writes.", CopyStory.Tell),
        new("libraries", "Shared libraries", Files, "One file, two processes, one copy of its code.", LibraryStory.Tell),
        new("figures", "rss, pss and shared", Files, "What the figures of memory use mean.", FiguresStory.Tell),
    ];

    /// <summary>The stories that go on from there.</summary>
    public static IReadOnlyList<StoryEntry> AllBeyond =>
    [
        new("race", "Threads side by side", Beyond, "Two threads want the same page.", RaceStory.Tell),
        new("snapshot", "A snapshot, and the way back", Beyond, "Copy on write keeps an old state of a process.", SnapshotStory.Tell),
        new("userfault", "Faults resolved by a program", Beyond, "userfaultfd(2): a program supplies the pages of another.",
            UserfaultStory.Tell),
        new("collapse", "Huge pages", Beyond, "512 small pages become one, and are small again.", CollapseStory.Tell),
        new("far", "A far page", Beyond, "A page comes from elsewhere, later.", FarPageStory.Tell),
        new("readormap", "Read or map", Cost, "When a mapping is ahead of read(2), and when it is after.", ReadOrMapStory.Tell),
        new("orders", "Five orders of magnitude", Cost, "One access, from a hit to a disk, on one axis.", FiveOrdersStory.Tell),
        new("hidden", "Read-ahead hides the disk", Cost, "Who goes on does not wait; who jumps does.", HiddenDiskStory.Tell),
        new("afterswitch", "After a switch", Cost, "What the first accesses cost when cr3 has changed.", AfterSwitchStory.Tell),
        new("reach", "How far TLBs reach", Cost, "4 KB against 4 MB pages over a growing array.", ReachStory.Tell),
        new("thrashing", "RAM that is too small", Cost, "The knee, and the cliff, under two policies.", ThrashingStory.Tell),
    ];
}
