using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Paging.Architecture.Tests;

/// <summary>A type that uses another of the same assembly, and the member in which it does so first.</summary>
internal readonly record struct RoomReference(string FromType, string Member, string ToType);

/// <summary>Reads which types of an assembly use which, and compares that with an order of rooms.</summary>
/// <remarks>
/// A room may use itself and every room before it in the list. What counts as use: base types, interfaces, constraints, attributes,
/// signatures of fields, methods, properties and events, local variables, caught exceptions, and every token of every method body.
/// Types that the compiler generates inside a type (closures, iterators) count as that type. A constant of another type leaves no trace in
/// an assembly: the compiler copies its value. <see cref="RoomSources"/> sees those by their <c>using</c> lines.
/// </remarks>
internal sealed class RoomReader
{
    private readonly IReadOnlyList<Room> _rooms;
    private readonly Dictionary<TypeDefinitionHandle, int> _roomOf = [];

    private RoomReader(IReadOnlyList<Room> rooms) => _rooms = rooms;

    /// <summary>Uses that run back up, as text; empty when the order holds.</summary>
    public List<string> Upward { get; } = [];

    /// <summary>Types whose namespace no room names.</summary>
    public List<string> Strangers { get; } = [];

    /// <summary>Rooms without a type, and types that a room names but the assembly does not have.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>How many uses across rooms were read: a reader that sees none has checked nothing.</summary>
    public int CrossingCount { get; private set; }

    /// <summary>Reads an assembly.</summary>
    /// <param name="assemblyPath">The file.</param>
    /// <param name="rooms">The rooms, the lowest first.</param>
    public static RoomReader Read(string assemblyPath, IReadOnlyList<Room> rooms)
    {
        using PEReader file = new(File.OpenRead(assemblyPath));
        MetadataReader metadata = file.GetMetadataReader();
        RoomReader reader = new(rooms);
        reader.Assign(metadata);
        TypeUses uses = new(file, metadata);
        HashSet<(TypeDefinitionHandle, TypeDefinitionHandle)> seen = [];
        foreach (TypeDefinitionHandle type in metadata.TypeDefinitions)
        {
            TypeDefinitionHandle from = uses.OutermostOf(type);
            if (!reader._roomOf.TryGetValue(from, out int room)) continue;
            foreach ((string member, TypeDefinitionHandle used) in uses.Of(type))
            {
                TypeDefinitionHandle to = uses.OutermostOf(used);
                if (!reader._roomOf.TryGetValue(to, out int other) || other == room || !seen.Add((from, to))) continue;
                reader.CrossingCount++;
                if (other > room) reader.Note(new(uses.NameOf(from), member, uses.NameOf(to)), room, other);
            }
        }

        reader.Upward.Sort(StringComparer.Ordinal);
        return reader;
    }

    private void Note(RoomReference reference, int from, int to) =>
        Upward.Add($"{_rooms[from].Name} → {_rooms[to].Name}: {reference.FromType}.{reference.Member} uses {reference.ToType}");

    private void Assign(MetadataReader metadata)
    {
        HashSet<(int Room, string Type)> found = [];
        bool[] isUsed = new bool[_rooms.Count];
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeDefinition type = metadata.GetTypeDefinition(handle);
            if (type.IsNested || TypeUses.IsGenerated(metadata, type)) continue;
            string space = metadata.GetString(type.Namespace), name = metadata.GetString(type.Name);
            int tick = name.IndexOf('`', StringComparison.Ordinal);
            if (tick >= 0) name = name[..tick];
            int room = Find(space, name);
            if (room < 0)
            {
                Strangers.Add($"{space}.{name}");
                continue;
            }

            _roomOf[handle] = room;
            isUsed[room] = true;
            found.Add((room, name));
            found.Add((room, $"{space}.{name}"));
        }

        for (int i = 0; i < _rooms.Count; i++)
        {
            if (!isUsed[i]) Missing.Add(_rooms[i].Name);
            Missing.AddRange(_rooms[i].Types.Where(type => !found.Contains((i, type))).Select(type => $"{_rooms[i].Namespace}.{type}"));
        }
    }

    private int Find(string space, string name)
    {
        int general = -1;
        for (int i = 0; i < _rooms.Count; i++)
        {
            if (_rooms[i].Types.Contains($"{space}.{name}", StringComparer.Ordinal)) return i;
            if (!string.Equals(_rooms[i].Namespace, space, StringComparison.Ordinal)) continue;
            if (_rooms[i].Types.Contains(name, StringComparer.Ordinal)) return i;
            if (_rooms[i].IsWhole) general = i;
        }

        return general;
    }
}
