using Microsoft.Win32.SafeHandles;

namespace Paging.HostKernel.Files;

/// <summary>
/// An open file of the scenario. Host and puppets share it (struct file), so the host can read and write on their behalf.
/// </summary>
internal sealed class SharedFile(SafeFileHandle handle)
{
    private int _holderCount;

    /// <summary>The host's descriptor of it.</summary>
    internal int Descriptor => (int)handle.DangerousGetHandle();    // open as long as a table holds this

    internal SharedFile Hold()
    {
        _holderCount++;
        return this;
    }

    internal void Release()
    {
        if (--_holderCount == 0) handle.Dispose();
    }
}

/// <summary>A process's descriptors, as the machine saw them come and go; the kernel has the real table.</summary>
internal sealed class FileTable : IDisposable
{
    /// <summary>A descriptor that no process has open: calls with it return EBADF in the kernel's own order of checks.</summary>
    internal const int NotOpen = -1;

    /// <summary>0, 1 and 2 are taken, by the machine.</summary>
    internal const int DescriptorMin = 3;

    private readonly Dictionary<int, SharedFile> _files = [];

    /// <summary>The host's descriptor of the same open file, or <see cref="NotOpen"/>.</summary>
    internal int OnHost(long descriptor) => Find(descriptor)?.Descriptor ?? NotOpen;

    /// <summary>True when the scenario has it open.</summary>
    internal bool IsOpen(long descriptor) => Find(descriptor) is not null;

    /// <summary>Records the descriptor that the puppet received.</summary>
    internal void Add(int descriptor, SharedFile file) => _files.Add(descriptor, file.Hold());

    /// <summary>Forgets a descriptor that the puppet closed.</summary>
    internal void Remove(int descriptor)
    {
        if (_files.Remove(descriptor, out SharedFile? file)) file.Release();
    }

    /// <summary>A child's table.</summary>
    internal FileTable Fork()
    {
        FileTable child = new();
        foreach ((int descriptor, SharedFile file) in _files) child.Add(descriptor, file);
        return child;
    }

    public void Dispose()
    {
        foreach (SharedFile file in _files.Values) file.Release();
        _files.Clear();
    }

    private SharedFile? Find(long descriptor) =>
        descriptor is >= DescriptorMin and <= int.MaxValue && _files.TryGetValue((int)descriptor, out SharedFile? file) ? file : null;
}
