using System.Diagnostics.CodeAnalysis;

namespace Paging.ReferenceModel.State;

/// <summary>The descriptors of a process; 0, 1 and 2 are taken: the standard streams, which scenarios do not use.</summary>
internal sealed class DescriptorTable
{
    private const long FirstFree = 3;
    private readonly Dictionary<long, OpenFile> _open = [];

    public IEnumerable<OpenFile> All => _open.Values;

    public bool TryFind(long descriptor, [NotNullWhen(true)] out OpenFile? file) => _open.TryGetValue(descriptor, out file);

    /// <summary>Gives the lowest free number.</summary>
    public long Add(OpenFile file)
    {
        long descriptor = FirstFree;
        while (_open.ContainsKey(descriptor)) descriptor++;
        _open.Add(descriptor, file);
        return descriptor;
    }

    public bool Close(long descriptor) => _open.Remove(descriptor);

    public DescriptorTable Copy()
    {
        DescriptorTable copy = new();
        foreach ((long descriptor, OpenFile file) in _open) copy._open.Add(descriptor, file);
        return copy;
    }
}
