using System.Reflection;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Programs, the lowest first: a room may use itself and those before it.</summary>
public sealed class ProgramsRoomsTests : RoomsTests
{
    private const string Programs = "Paging.Programs";

    private static readonly Room[] Rooms =
    [
        new(Programs, "ELF images: their loading and linking, and the first stack."),
        new($"{Programs}.Heap", "A heap in guest memory."),
        new($"{Programs}.Cores", "Core files of programs, in and out."),
        new($"{Programs}.Images", "Memory images of machines, and the page tables in them."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Programs).Location, Rooms);

    public ProgramsRoomsTests() : base(Programs, Rooms, Reader, crossingCountMin: 2) { }
}
