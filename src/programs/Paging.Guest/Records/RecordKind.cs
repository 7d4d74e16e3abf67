namespace Paging.Guest.Records;

/// <summary>The kind of a record. The numbers are part of the saved form: a new kind gets a new number.</summary>
internal enum RecordKind : uint
{
    Machine = 1,
    Clock = 2,
    Random = 3,
    InodeNumbers = 4,
    Context = 5,
    SignalActions = 6,
    SignalQueue = 7,
    Limits = 8,
    Pipe = 9,
    OpenFile = 10,
    Descriptors = 11,
    Memory = 12,
    Process = 13,
    Task = 14,
    Futexes = 15,
    Tasks = 16,
    Contents = 17,
    MemoryTrees = 18,
    SystemV = 19,
    Locks = 21,
    Relations = 23,
}
