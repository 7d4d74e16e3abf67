using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The rooms of Paging.Testing, the lowest first: a room may use itself and those before it.</summary>
public sealed class TestingRoomsTests : RoomsTests
{
    private const string Testing = "Paging.Testing";

    private static readonly Room[] Rooms =
    [
        new($"{Testing}.Randomness", "Random numbers that are the same everywhere."),
        new($"{Testing}.Doubles", "Backings and stores that fail when a test wants it."),
        new($"{Testing}.Counting", "What was executed and seen."),
        new($"{Testing}.World", "What generated calls have made so far."),
        new($"{Testing}.Lockstep", "The engine beside its oracles, call by call."),
        new($"{Testing}.Shrinking", "Makes a failing script small."),
        new($"{Testing}.Generating", "Random scenarios."),
        new($"{Testing}.Conformance", "Implementations of others, spoken to over a pipe."),
        new($"{Testing}.Checks", "What an embedder calls in tests."),
    ];

    private static readonly RoomReader Reader = RoomReader.Read(Assembly.Load(Testing).Location, Rooms);

    public TestingRoomsTests() : base(Testing, Rooms, Reader, crossingCountMin: 20) { }
}
