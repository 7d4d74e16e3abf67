using Microsoft.Win32.SafeHandles;
using Paging.HostKernel.Interop;
using Paging.Scripting.Engine;

namespace Paging.HostKernel.Files;

/// <summary>The files of a scenario: one unnamed tmpfs file each, gone with the machine even when the host is killed.</summary>
/// <remarks>
/// A memory file is a file of the kernel's internal tmpfs mount: it has the operations of /dev/shm, but no directory to clean up and no
/// noexec mount option that would refuse PROT_EXEC. <c>/proc/PID/maps</c> shows the name given at creation: here the file's number.
/// </remarks>
internal sealed class MemoryFiles : IDisposable
{
    private const string KernelPrefix = "/memfd:scn-", KernelSuffix = " (deleted)", NamePrefix = "scn-";
    private const int ChunkByteLength = 1 << 20;

    private readonly List<(string Name, SafeFileHandle File)> _files = [];
    private readonly HashSet<int> _unnamed = [];    // those of memfd: open does not find them

    /// <summary>Opens the file anew with these flags of open(2), making it first if this is its first mention.</summary>
    internal SharedFile Open(string name, long byteLength, long seed, int flags)
    {
        int index = Enumerable.Range(0, _files.Count).FirstOrDefault(
            at => !_unnamed.Contains(at) && string.Equals(_files[at].Name, name, StringComparison.Ordinal), -1);
        if (index < 0)
        {
            index = _files.Count;
            _files.Add((name, LibC.CreateMemoryFile($"{NamePrefix}{index}", byteLength)));
            WriteContents(_files[index].File, byteLength, seed);
        }
        return OpenAgain(index, flags);
    }

    /// <summary>Makes a file of memfd_create(2); null and the errno if the kernel refuses the flags.</summary>
    internal SharedFile? Make(string name, uint flags)
    {
        int index = _files.Count;
        if (LibC.MakeMemoryFile($"{NamePrefix}{index}", flags) is not { } file) return null;
        _files.Add((name, file));
        _unnamed.Add(index);
        return OpenAgain(index, flags: 2);    // O_RDWR
    }

    // Through /proc/self/fd: a second struct file of the same inode, as another open(2) by name would give.
    private SharedFile OpenAgain(int index, int flags) => OpenPath($"/proc/self/fd/{(int)_files[index].File.DangerousGetHandle()}", flags);

    /// <summary>Opens a directory for reading.</summary>
    internal static SharedFile OpenDirectory() =>
        OpenPath(Directory.Exists("/dev/shm") ? "/dev/shm" : "/", LibC.OpenDirectory);

    /// <summary>
    /// The dialect's name for a name in the kernel's list of areas; empty for names in brackets, which are private memory.
    /// </summary>
    internal string NameOf(ReadOnlySpan<char> kernelName)
    {
        if (kernelName.StartsWith("/dev/zero")) return "/dev/zero";
        if (kernelName.StartsWith(KernelPrefix) && kernelName.EndsWith(KernelSuffix) &&
            int.TryParse(kernelName[KernelPrefix.Length..^KernelSuffix.Length], out int index)) return _files[index].Name;
        return kernelName.StartsWith("[") ? "" : kernelName.ToString();
    }

    public void Dispose()
    {
        foreach ((_, SafeFileHandle file) in _files) file.Dispose();
        _files.Clear();
    }

    private static SharedFile OpenPath(string path, int flags)
    {
        SafeFileHandle handle = LibC.Open(path, flags | LibC.CloseOnExec, 0);
        return handle.IsInvalid ? throw LibC.Failed($"open {path}") : new SharedFile(handle);
    }

    private static void WriteContents(SafeFileHandle file, long byteLength, long seed)
    {
        byte[] chunk = new byte[Math.Min(byteLength, ChunkByteLength)];
        using ProcessorBatch batch = ProcessorBatch.Begin();
        for (long at = 0; at < byteLength; at += chunk.Length)
        {
            Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(chunk.Length, byteLength - at));
            ScriptBytes.Fill(bytes, at, seed);
            RandomAccess.Write(file, bytes, at);
        }
    }
}
