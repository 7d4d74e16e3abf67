using Paging.Windows;
using Paging.Windows.Sections;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Calls;

/// <summary>An open file of a program, with its position.</summary>
internal sealed class OpenedFile(WindowsFile file)
{
    public WindowsFile File => file;

    public long Position { get; set; }
}

/// <summary>A stream of the host that a program has.</summary>
internal sealed record ConsoleStream(Stream Stream, bool IsInput);

/// <summary>The objects of the handles of a program: streams, files, sections, threads.</summary>
/// <remarks>A handle is a multiple of 4, and never used again.</remarks>
internal sealed class HandleTable
{
    /// <summary>The pseudo-handles of the calling process and thread, accepted by every call that takes a handle.</summary>
    public const uint CurrentProcess = 0xFFFF_FFFF, CurrentThread = 0xFFFF_FFFE;    // NtCurrentProcess, NtCurrentThread

    private readonly Dictionary<uint, object> _objects = [];
    private uint _last;

    /// <summary>Makes a handle.</summary>
    public uint Open(object target)
    {
        _objects.Add(_last += 4, target);    // the two low bits are free for programs' tags
        return _last;
    }

    /// <summary>Finds the object of a handle, if it is of that kind.</summary>
    public bool TryFind<T>(uint handle, out T target)
    {
        bool isFound = _objects.TryGetValue(handle, out object? found) && found is T;
        target = isFound ? (T)found! : default!;
        return isFound;
    }

    /// <summary>Closes a handle, and the section's own with it. Returns false for an unknown handle.</summary>
    public bool TryClose(uint handle, WindowsProcess process)
    {
        if (!_objects.Remove(handle, out object? target)) return false;
        if (target is SectionHandle section) process.Sections.CloseHandle(section);    // the engine counts these itself
        return true;
    }

    /// <summary>The thread of a handle, which may be the one that means the caller.</summary>
    public bool TryFindThread(uint handle, GuestThread caller, out GuestThread thread)
    {
        thread = caller;
        return handle == CurrentThread || TryFind(handle, out thread);
    }
}
