using System.Reflection;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Rules for every assembly that has rooms. A class for each assembly has the list of its rooms, and rules of its own.</summary>
public abstract class RoomsTests
{
    private readonly string _assembly;
    private readonly Room[] _rooms;
    private readonly RoomReader _reader;
    private readonly int _crossingCountMin;

    /// <param name="assembly">The name of the assembly, and of its project.</param>
    /// <param name="rooms">Its rooms, the lowest first.</param>
    /// <param name="reader">The uses read from the built assembly.</param>
    /// <param name="crossingCountMin">The assembly has more references between rooms than this.</param>
    private protected RoomsTests(string assembly, Room[] rooms, RoomReader reader, int crossingCountMin) =>
        (_assembly, _rooms, _reader, _crossingCountMin) = (assembly, rooms, reader, crossingCountMin);

    /// <summary>The assembly.</summary>
    internal string AssemblyName => _assembly;

    [Fact]
    public void NoReferenceRunsBackUp() => Assert.True(_reader.Upward.Count == 0, string.Join("\n", _reader.Upward));

    [Fact]
    public void EveryTypeIsInARoomAndEveryRoomIsInUse()
    {
        Assert.Empty(_reader.Strangers);
        Assert.Empty(_reader.Missing);
        Assert.True(_reader.CrossingCount > _crossingCountMin, $"Only {_reader.CrossingCount} references between rooms were found.");
    }

    [Fact]
    public void NoUsingLineLeadsUp() => Assert.Empty(RoomSources.Upward(Repository.FolderOf(_assembly), _rooms));

    /// <summary>Methods and constructors with a parameter of one of the types.</summary>
    private protected static IEnumerable<string> TakersOf(Assembly assembly, params Type[] types) => assembly.GetTypes()
        .SelectMany(static type => type.GetMethods(Assemblies.Everything).Cast<MethodBase>()
            .Concat(type.GetConstructors(Assemblies.Everything)))
        .Where(method => Array.Exists(method.GetParameters(), parameter => types.Contains(parameter.ParameterType)))
        .Select(Assemblies.NameOf);

    /// <summary>Fields of one of the types.</summary>
    private protected static IEnumerable<string> HoldersOf(Assembly assembly, params Type[] types) => assembly.GetTypes()
        .SelectMany(static type => type.GetFields(Assemblies.Everything))
        .Where(field => types.Contains(field.FieldType)).Select(Assemblies.NameOf);
}
