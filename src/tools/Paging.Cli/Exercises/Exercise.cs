using System.Collections.Immutable;

namespace Paging.Cli.Exercises;

/// <summary>A question about a scenario, whose answer the engine counts.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Lesson">The lesson of docs/TOUR.md that it belongs to, from 1.</param>
/// <param name="File">The scenario, among the resources of this assembly.</param>
/// <param name="Question">The question.</param>
/// <param name="Asked">The counters that the answer names, in this order.</param>
/// <param name="Thought">The first hint: what to think of.</param>
/// <param name="Reason">Why the answer is what it is.</param>
/// <param name="FilesOnDisk">True if its files lie on a disk, and not in memory as those of a scenario do.</param>
internal sealed record Exercise(
    string Name, int Lesson, string File, string Question, ImmutableArray<string> Asked, string Thought, string Reason,
    bool FilesOnDisk = false)
{
    private const string Minor = "minor faults", Refused = "refused faults", Filled = "anonymous pages filled",
        Copied = "pages copied on write", Zero = "zero page mapped", Major = "major faults", Swapped = "pages written to swap",
        Missed = "cache misses";

    /// <summary>The exercises, lesson by lesson.</summary>
    public static ImmutableArray<Exercise> All { get; } =
    [
        new("brk", 1, "03-brk.scn", "The break goes up and down. How many accesses fail, and how many frames were filled?",
            [Refused, Filled],
            "brk only moves a border. What is after it is gone, also after the border comes back; a frame is filled at a first write.",
            "The page above the break is gone, so the read there is refused. Two pages were written before."),
        new("three-faults", 1, "04-three-faults.scn", "Four accesses. How many end in a signal, and how many faults are served?",
            [Refused, Minor],
            "Find for each address the area that covers it and its rights. The kernel serves a fault only if the area allows the access.",
            "Only the read of mapped memory is served. A hole, a write without the right and the kernel are refused."),
        new("stack", 1, "10-stack.scn", "An area that grows down is touched below its start. How often does it grow, and is it refused?",
            ["stack growths", Refused],
            "An area of MAP_GROWSDOWN begins anew at each touched page below it, as long as the stack's limit allows.",
            "Each touch within the limit of 8 MB moves its start. Below the limit it does not grow."),
        new("layout", 1, "14-layout.scn", "The kernel chooses four places. How many areas are there at the end, and how many page tables?",
            [ExerciseCount.Areas, ExerciseCount.PageTables],
            "Places are chosen downwards from mmap_base. Neighbours with equal rights are one area; a page table serves 4 MB.",
            "The first two mappings lie side by side with equal rights: one area. The read-only one and the one below it are two more, "
                + "and the heap a fourth. What was touched lies in two stretches of 4 MB: that of the heap, and that below b8000000."),
        new("first-touch", 2, "01-first-touch.scn", "Sixteen pages are mapped and four writes made. How many page faults and frames?",
            [Minor, Filled],
            "mmap takes no frame. Count the pages that are touched, not the calls.",
            "Two of the writes go to one page, and only the first of them faults. Untouched pages take no frame."),
        new("reading-nothing", 2, "02-reading-nothing.scn", "How many reads map the page of zeros, and how many pages does a write copy?",
            [Zero, Copied],
            "A read of a page that nobody has written needs no frame of its own. What must a write do with what the read has mapped?",
            "Reads of untouched memory share one page of zeros. The write replaces it by a frame of the process's own."),
        new("cut-and-join", 2, "05-cut-and-join.scn", "Rights change in the middle and back. How many page faults does that take?",
            [Minor],
            "Which calls change what is agreed, and which touch a page?",
            "One area becomes three and one again, and nothing was touched: areas record what was agreed."),
        new("give-back", 2, "09-give-back.scn", "Three pages are written and given back. How many page faults, and how many zero pages?",
            [Minor, Zero],
            "MADV_DONTNEED takes pages and leaves the area. What does the next read of such a page find, and the next write?",
            "Three first touches; then a read finds zeros, and a write makes a frame of that page again."),
        new("bits", 2, "13-bits.scn", "Reads, writes and a change of rights. How many present entries have A, D and RW at the end?",
            [ExerciseCount.Accessed, ExerciseCount.Dirty, ExerciseCount.Writable],
            "The processor sets A with each access and D with a store. RW is the kernel's: what does mprotect do with it, and does D go?",
            "Four pages were accessed. Three were written, and D stays on the page that mprotect has made read-only. RW is left on two: "
                + "the page of zeros and the protected page do not have it."),
        new("swap", 2, "11-swap.scn", "Four pages are touched and paged out. How many go to swap, and how many faults wait for it?",
            [Swapped, Major],
            "A page of zeros need not be written anywhere. And a read from the device brings neighbouring slots as well.",
            "Three pages were written; the fourth is the page of zeros, which takes no slot. The first read back waits for the device, "
                + "and its read-ahead brings the other two: their faults are minor."),
        new("fork", 3, "06-fork.scn", "Four pages are written, a fork, and the child writes two. How many are filled, how many copied?",
            [Filled, Copied],
            "After fork both processes see the same frames, read-only. Who has to copy, and when?",
            "fork() copies no page. Each write of the child to a shared page copies that page."),
        new("private-file", 3, "07-private-file.scn", "A private mapping of a file is written. How many page faults, and how many copies?",
            [Minor, Copied],
            "A read of a file's page maps cached pages beside it as well. Only a write makes a page of the process's own.",
            "The read maps its page and, by fault-around, cached pages beside it: the neighbour needs no fault. "
                + "The write copies one page, and the file stays."),
        new("shared-file", 3, "08-shared-file.scn", "The same with a shared mapping. How many page faults, and how many copies?",
            [Minor, Copied],
            "With MAP_SHARED the process's page is the page of the cache.",
            "The page of the cache itself is written: no copy, and the file has the byte."),
        new("page-cache", 3, "12-page-cache.scn", "Three calls read a file, then a mapping does. How often is a page missing in the cache, "
                + "how many faults wait for the disk, and how many do not?",
            [Missed, Major, Minor],
            "Reads go through the page cache, by call or by mapping. Read-ahead and fault-around bring more than was asked for.",
            "The first read finds no page and reads ahead, so the next two hit. The mapping finds the same pages in the cache: one fault "
                + "that waits for nothing maps the page and its neighbours.", FilesOnDisk: true),
    ];

    /// <summary>The scenario's text.</summary>
    public string ReadScenario()
    {
        using StreamReader reader = new(typeof(Exercise).Assembly.GetManifestResourceStream(File)!);
        return reader.ReadToEnd();
    }
}
