using System.Runtime.InteropServices;
using Paging.Guest.Records;

namespace Paging.Guest.Vfs;

/// <summary>Open files by their numbers in a saved machine.</summary>
internal sealed class OpenFileNumbers
{
    private readonly List<OpenDescription> _files = [];
    private readonly Dictionary<OpenDescription, int> _numbers = new(ReferenceEqualityComparer.Instance);

    /// <summary>The files in the order of their numbers.</summary>
    public ReadOnlySpan<OpenDescription> All => CollectionsMarshal.AsSpan(_files);

    /// <summary>Gives a file the next number, unless it has one.</summary>
    public void Add(OpenDescription file)
    {
        if (_numbers.TryAdd(file, _files.Count)) _files.Add(file);
    }

    /// <summary>The number of files.</summary>
    public int Count => _files.Count;

    public bool Contains(OpenDescription file) => _numbers.ContainsKey(file);

    public int NumberOf(OpenDescription file) => _numbers[file];

    /// <summary>Reads the number of a file.</summary>
    public OpenDescription Read(RecordReader reader) => _files[reader.ReadIndex(_files.Count, "the number of an open file")];
}
