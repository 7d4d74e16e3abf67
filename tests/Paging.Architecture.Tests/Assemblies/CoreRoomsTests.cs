using Paging.Core;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// The rooms of Paging.Core, the lowest first: a room may use itself and those before it. docs/ARCHITECTURE.md draws them.
/// </summary>
public sealed class CoreRoomsTests : RoomsTests
{
    private const string Core = "Paging.Core";

    private static readonly Room[] Rooms =
    [
        new($"{Core}.Threads", "Where many threads take turns, whose callback runs, what waits until no thread uses it."),
        new($"{Core}.Frames", "The lists of frames that wait for reclaim, the groups they are charged to, and how frames come free."),
        new($"{Core}.Files", "File objects, open files, descriptors, and the backings after them: no page is cached here."),
        new($"{Core}.Spaces", "One address space: its areas and their histories, page tables, limits, logs, shadows and userfaultfds."),
        new($"{Core}.Swap", "Swap devices, their stores, the swap cache, and the slots of shared memory."),
        new($"{Core}.Cache", "The page cache: which frame holds which page of a file, and which pages are dirty."),
        new($"{Core}.Reclaim",
            "Which pages give way when frames are short, and how: reverse map, write-back, eviction, compaction, plugged policies."),
        new($"{Core}.Io", "Reading, writing, read-ahead and hints: how pages come into the cache and bytes get in and out."),
        new($"{Core}.Faults",
            "A missed translation and its fault, from the walk to the stored entry: one handler, one file for each kind of fault."),
        new($"{Core}.SystemCalls", "The memory system calls, one file each, and fork's part of them."),
        new($"{Core}.Snapshots", "Snapshots of a process: their tree, what has changed since each of them, and how a process goes back."),
        new($"{Core}.Inspection", "Typed snapshots of an address space and of the machine, from which reports are written."),
        new(Core, "What an embedder says about an engine before there is one.", "EngineOptions"),
        new($"{Core}.Composition", "Builds the parts of an engine in the order in which they need each other."),
        new($"{Core}.Verification", "The audit: recounts every invariant from the raw bytes."),
        // Internal here: ProcessTable, KeptProcess and OutOfMemory, which are about UserProcess; GuestMemoryStream, made of Mmu's calls.
        new(Core, "What an embedder holds: the engine, processes, address spaces, the MMU and files."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assemblies.Core.Location, Rooms);

    public CoreRoomsTests() : base(Core, Rooms, Reader, crossingCountMin: 200) { }

    /// <summary>Parts are given what they need, by type. The engine is handed to none of them.</summary>
    [Fact]
    public void NoPartTakesTheWholeEngine()
    {
        Type engine = typeof(Paging.Core.PagingEngine);
        // The engine's public members by subject, as engine.Swap.
        string[] subjects = [.. engine.GetProperties().Select(static property => property.PropertyType)
            .Where(static type => type.Namespace is Core).Select(static type => type.Name + ".")];
        Assert.DoesNotContain(TakersOf(Assemblies.Core, engine).Concat(HoldersOf(Assemblies.Core, engine)),
            taker => !subjects.Any(subject => taker.StartsWith(subject, StringComparison.Ordinal)));
    }

    /// <summary>The picture in docs/ARCHITECTURE.md names the rooms in this order, the highest first.</summary>
    [Fact]
    public void TheDocumentDrawsTheSameOrder()
    {
        string document = Repository.Read("docs/ARCHITECTURE.md");
        int from = document.IndexOf("## The rooms of Paging.Core", StringComparison.Ordinal);
        int last = int.MaxValue;
        foreach (Room room in Rooms.Where(static room => room.IsWhole))
        {
            int at = document.IndexOf($"| `{room.Namespace}` |", from, StringComparison.Ordinal);
            Assert.True(at >= 0 && at < last, $"{room.Namespace} is missing from the table of rooms or not in its place.");
            last = at;
        }
    }
}
