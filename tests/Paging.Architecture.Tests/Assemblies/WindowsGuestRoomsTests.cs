using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.WindowsGuest, the lowest first: a room may use itself and those before it.</summary>
public sealed class WindowsGuestRoomsTests : RoomsTests
{
    private const string Guest = "Paging.WindowsGuest";

    private static readonly Room[] Rooms =
    [
        new(Guest, "Memory of the system in a process, and the clock.", "SystemMemory", "ProgramClock"),
        new($"{Guest}.Images", "Programs of Windows in memory."),
        new($"{Guest}.Threads", "Threads, their blocks and stacks, exceptions."),
        new($"{Guest}.Calls", "The imported functions of kernel32 and ntdll, and the state of a program."),
        new($"{Guest}.Runtime", "The C runtime, msvcrt."),
        new(Guest, "What an embedder holds."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Guest).Location, Rooms);

    public WindowsGuestRoomsTests() : base(Guest, Rooms, Reader, crossingCountMin: 20) { }
}
