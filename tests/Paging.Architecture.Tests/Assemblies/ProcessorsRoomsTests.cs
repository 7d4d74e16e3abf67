using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Processors, the lowest first: a room may use itself and those before it.</summary>
public sealed class ProcessorsRoomsTests : RoomsTests
{
    private const string Processors = "Paging.Processors";

    private static readonly Room[] Rooms =
    [
        new(Processors, "What every processor has: contexts and registers, why a run ends, and a trace of accesses."),
        new($"{Processors}.Unicorn", "The library that emulates an x86: where it is, and its functions."),
        new($"{Processors}.Emulation", "An emulated x86 on the engine's page tables."),
        new($"{Processors}.DirectExecution", "The host's own processor, in processes that mirror the page tables."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Processors).Location, Rooms);

    public ProcessorsRoomsTests() : base(Processors, Rooms, Reader, crossingCountMin: 40) { }
}
