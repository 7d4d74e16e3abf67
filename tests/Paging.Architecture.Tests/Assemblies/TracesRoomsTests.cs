using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Traces, the lowest first: a room may use itself and those before it.</summary>
public sealed class TracesRoomsTests : RoomsTests
{
    private const string Traces = "Paging.Traces";

    private static readonly Room[] Rooms =
    [
        new($"{Traces}.Reading", "Accesses, and the readers of each form of a trace."),
        new($"{Traces}.Simulation", "Frames under a policy, which count misses."),
        new($"{Traces}.Offline", "Belady's optimum, by its count and by the victim's name."),
        new(Traces, "What a caller begins with: the policies, and the replay."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Traces).Location, Rooms);

    public TracesRoomsTests() : base(Traces, Rooms, Reader, crossingCountMin: 10) { }
}
