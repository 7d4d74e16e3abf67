using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Windows, the lowest first: a room may use itself and those before it.</summary>
public sealed class WindowsRoomsTests : RoomsTests
{
    private const string Windows = "Paging.Windows";

    private static readonly Room[] Rooms =
    [
        new(Windows, "The words of Windows' interface: statuses, protections, types, rights, and the results of queries and exceptions.",
            "NtStatus", "Win32Error", "StatusTranslation", "PageProtection", "AllocationTypes", "SectionFlags", "SectionAccess",
            "FileAccessRights", "MemoryState", "MemoryKind", "MemoryBasicInformation", "AccessIntent", "MemoryException"),
        new($"{Windows}.Entries", "The words in page tables as Windows defines them, and the codes of protections in them."),
        new($"{Windows}.Images", "The headers of programs, and the pages of image sections."),
        new($"{Windows}.Sections", "Section objects, and the handles and names that lead to them."),
        new($"{Windows}.Vads", "Allocations: their records and the tree in which they stand."),
        new($"{Windows}.Spaces", "What one process has agreed on, and the state of each of its pages."),
        new($"{Windows}.Pfn", "Where every frame stands, and how pages leave working sets and come back without I/O."),
        new($"{Windows}.WorkingSets", "How large working sets are, and which pages leave them."),
        new($"{Windows}.Allocations", "Places, makes and removes allocations, and works on their pages."),
        new($"{Windows}.Caching", "The cache manager: which parts of files programs read."),
        new($"{Windows}.Calls", "The memory calls, one file each."),
        new($"{Windows}.Faults", "The story of a page fault: private pages, views, guard pages."),
        new($"{Windows}.Verification", "The audit: recounts every invariant of a space."),
        new(Windows, "Builds the parts in the order in which they need each other.", "WindowsParts", "WindowsCalls"),
        new($"{Windows}.Saving", "The saved form of processes: its records, and how they are written and read."),
        new($"{Windows}.Reports", "Typed snapshots, and the texts that are made of them."),
        new(Windows, "What an embedder holds: the machine, its processes, and the calls of a process."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Windows).Location, Rooms);

    public WindowsRoomsTests() : base(Windows, Rooms, Reader, crossingCountMin: 50) { }
}
