using Paging.Windows;

namespace Paging.WindowsGuest.Calls;

/// <summary>The heaps of a program by their handles. The first is the process's own.</summary>
internal sealed class HeapSet
{
    private const uint FirstHandle = 0x0F00_0000, HandleStep = 0x1_0000;    // like addresses, in no allocation

    private readonly Dictionary<uint, Win32Heap> _heaps = [];
    private uint _last = FirstHandle;

    /// <summary>The handle of the process's own heap.</summary>
    public static uint OfProcess => FirstHandle + HandleStep;

    /// <summary>Makes a heap.</summary>
    public uint Make(WindowsProcess process)
    {
        _heaps.Add(_last += HandleStep, new(process));
        return _last;
    }

    /// <summary>The heap of a handle.</summary>
    public bool TryFind(uint handle, out Win32Heap heap) => _heaps.TryGetValue(handle, out heap!);

    /// <summary>Ends a heap; not the process's own.</summary>
    public bool TryDestroy(uint handle)
    {
        if (handle == OfProcess || !_heaps.Remove(handle, out Win32Heap? heap)) return false;    // HeapDestroy must not end it
        heap.Destroy();
        return true;
    }
}
