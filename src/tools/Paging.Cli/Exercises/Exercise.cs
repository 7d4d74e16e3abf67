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
internal sealed record Exercise(
    string Name, int Lesson, string File, string Question, ImmutableArray<string> Asked, string Thought, string Reason)
{
    private const string Minor = "minor faults", Refused = "refused faults", Filled = "anonymous pages filled",
        Copied = "pages copied on write", Zero = "zero page mapped";

    /// <summary>The exercises, lesson by lesson.</summary>
    public static ImmutableArray<Exercise> All { get; } =
    [
        new("brk", 1, "03-brk.scn", "The break goes up and down. How many accesses fail, and how many frames were filled?",
            [Refused, Filled],
            "brk only moves a border. What is behind it is gone, also after the border comes back; a frame is filled at a first write.",
            "The page above the break is gone, so the read there is refused. Two pages were written before."),
        new("three-faults", 1, "04-three-faults.scn", "Four accesses. How many end in a signal, and how many faults are served?",
            [Refused, Minor],
            "Find for each address the area that covers it and its rights. The kernel serves a fault only if the area allows the access.",
            "Only the read of mapped memory is served. A hole, a write without the right and the kernel are refused."),
        new("stack", 1, "10-stack.scn", "An area that grows down is touched below its start. How often does it grow, and is it refused?",
            ["stack grown", Refused],
            "An area of MAP_GROWSDOWN begins anew at each touched page below it, as long as the stack's limit allows.",
            "Each touch within the limit of 8 MB moves its start. Below the limit it does not grow."),
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
    ];

    /// <summary>The scenario's text.</summary>
    public string ReadScenario()
    {
        using StreamReader reader = new(typeof(Exercise).Assembly.GetManifestResourceStream(File)!);
        return reader.ReadToEnd();
    }
}
