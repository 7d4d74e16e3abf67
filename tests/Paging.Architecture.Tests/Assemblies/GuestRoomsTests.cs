using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Guest, the lowest first: a room may use itself and those before it.</summary>
public sealed class GuestRoomsTests : RoomsTests
{
    private const string Guest = "Paging.Guest";

    private static readonly Room[] Rooms =
    [
        new(Guest, "What an embedder asks for and gets back.", "GuestKernelOptions", "GuestPace", "GuestExecution", "GuestEnd",
            "GuestOutcome", "IGuestObserver",
            "GuestCore"),
        new($"{Guest}.Records", "The form in which parts of a machine are written down: records with a kind, a version and a length."),
        new($"{Guest}.Abi", "The words of Linux's interface: results, signals, times, limits, file status, and the program's memory."),
        new($"{Guest}.Machine", "What a machine has one of: its clock, its count of wakeUps, random bytes, inode numbers, totals."),
        new($"{Guest}.Host", "The host's own calls, and the files of the host after the page cache."),
        new($"{Guest}.Vfs", "Open files, the nodes of the tree that they are opened on, and the tables of descriptors."),
        new($"{Guest}.Tasks", "Processes and threads: what each has, and how they are found."),
        new($"{Guest}.Signals", "How signals are sent, and the frames that handlers run on."),
        new($"{Guest}.Vfs.Tree", "Names: walks along paths, permissions, locks, regular files and directories."),
        new($"{Guest}.Vfs.Memory", "File systems in the engine's memory."),
        new($"{Guest}.Vfs.Host", "Directories and streams of the host as parts of the tree."),
        new($"{Guest}.Vfs.Devices", "/dev."),
        new($"{Guest}.Sockets", "Sockets of AF_UNIX: their queues, names and connections."),
        new($"{Guest}.Ipc", "Segments of shared memory of System V."),
        new($"{Guest}.Processes", "How processes begin and end, what they wait on, and when their timers ring."),
        new($"{Guest}.Events", "Files that report events: eventfd, epoll, userfaultfd and pidfd."),
        new($"{Guest}.Vfs.Proc", "/proc: all of the above as text."),
        new($"{Guest}.Checking", "Errors that programs make with their memory, instruction by instruction."),
        new($"{Guest}.Programs", "How a program comes to run: the tree that it sees, its image, its first stack."),
        new($"{Guest}.Syscalls", "The system calls: one table, arguments and results in the kernel's form."),
        new($"{Guest}.History", "What a program was at moments of its past, and what the kernel has changed between them."),
        new($"{Guest}.Debugging", "A gdb that debugs the first process: packets, registers, stops, threads, going back."),
        new($"{Guest}.Checkpoints", "A whole machine, saved and made again: in which order, and what cannot be saved."),
        new(Guest, "The composition of a machine, its scheduler, and the kernel that an embedder holds."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Guest).Location, Rooms);

    public GuestRoomsTests() : base(Guest, Rooms, Reader, crossingCountMin: 100) { }

    /// <summary>
    /// Parts are given what they need. The kernel itself is handed to none of them, and the list of parts only to the list of calls.
    /// </summary>
    [Fact]
    public void NoPartTakesTheWholeKernel()
    {
        Type[] whole = [Type("GuestKernel"), Type("GuestParts")];
        Assert.Equal(["CallList.Build"], TakersOf(Assembly.Load(Guest), whole), StringComparer.Ordinal);
        Assert.Equal(["GuestKernel._parts"], HoldersOf(Assembly.Load(Guest), whole), StringComparer.Ordinal);
    }

    private static Type Type(string name) => Assembly.Load(Guest).GetType($"{Guest}.{name}", throwOnError: true)!;
}
