using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core;

namespace Paging.Interop;

//   63            32 31    24 23             0
//  ┌────────────────┬────────┬────────────────┐
//  │   generation   │  kind  │     index      │     0 is no handle
//  └────────────────┴────────┴────────────────┘
/// <summary>Maps the numbers that C holds to their objects. A number is never used twice.</summary>
/// <remarks>
/// Any thread may look up while another one adds or removes: an entry is one object, which is read in one load and never changes.
/// The table is the only state of the library that does not belong to an engine: functions of C have no other place to search.
/// </remarks>
// SAFETY: the word of an entry is its engine's, which the entry keeps alive, or NoHostCall, which is never freed.
internal static unsafe class Handles
{
    private const int IndexBits = 24, KindShift = 24, GenerationShift = 32;

    private static readonly uint* NoHostCall = (uint*)NativeMemory.AllocZeroed(sizeof(uint));
    private static readonly Lock Writers = new();
    private static readonly Stack<int> Free = new();
    private static Entry?[] _entries = new Entry?[64];
    private static int _count = 1;    // index 0 is not used
    private static uint _generation;

    /// <summary>Gives an object a number. Objects of an engine lose it when the engine ends; 0: the object is the engine.</summary>
    public static ulong Add(HandleKind kind, object target, ulong engine)
    {
        lock (Writers)
        {
            if (!Free.TryPop(out int index)) index = NextIndex();
            ulong handle = ((ulong)++_generation << GenerationShift) | ((ulong)kind << KindShift) | (uint)index;
            PagingEngine? owner = engine == 0 ? target as PagingEngine : Find(engine)?.Owner;
            Volatile.Write(ref _entries[index], new(handle, target, engine == 0 ? handle : engine, owner));
            return handle;
        }
    }

    /// <summary>The number that an object has already, or a new one.</summary>
    public static ulong FindOrAdd(HandleKind kind, object target, ulong engine)
    {
        lock (Writers)
        {
            foreach (Entry? entry in _entries)
            {
                if (entry is not null && ReferenceEquals(entry.Target, target)) return entry.Handle;
            }

            return Add(kind, target, engine);
        }
    }

    /// <summary>The object of a handle.</summary>
    /// <exception cref="RefusalException">The handle is invalid, of another kind, or has been freed.</exception>
    /// <exception cref="InvalidOperationException">A device's function asks, which C has called by itself.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Get<T>(ulong handle, HandleKind kind) where T : class
    {
        Entry entry = EntryOf(handle, kind);
        entry.ThrowIfInNativeCall();
        return Unsafe.As<T>(entry.Target);    // the kind determines the type
    }

    /// <summary>Same as <see cref="Get{T}"/>, but for a device's function as well.</summary>
    public static T Peek<T>(ulong handle, HandleKind kind) where T : class => Unsafe.As<T>(EntryOf(handle, kind).Target);

    /// <summary>Throws if a device's function asks, which C has called by itself.</summary>
    public static void ThrowIfInNativeCall(ulong handle) => Find(handle)?.ThrowIfInNativeCall();

    /// <summary>The object of a handle of any kind, and its engine.</summary>
    public static object Get(ulong handle, out HandleKind kind, out ulong engine)
    {
        Entry entry = Find(handle) ?? throw Refuse(handle, HandleKind.None);
        entry.ThrowIfInNativeCall();
        kind = KindOf(handle);
        engine = entry.Engine;
        return entry.Target;
    }

    /// <summary>The engine that an object belongs to.</summary>
    public static ulong EngineOf(ulong handle) => (Find(handle) ?? throw Refuse(handle, HandleKind.None)).Engine;

    /// <summary>The kind encoded in a handle, which need not be valid.</summary>
    public static HandleKind KindOf(ulong handle) => (HandleKind)(byte)(handle >> KindShift);

    /// <summary>Makes a handle stale.</summary>
    public static void Remove(ulong handle)
    {
        lock (Writers)
        {
            if (Find(handle) is null) throw Refuse(handle, HandleKind.None);
            Forget((int)(handle & ((1u << IndexBits) - 1)));
        }
    }

    /// <summary>Makes stale the handles that belong to an engine, and the engine's own.</summary>
    public static void RemoveAllOf(ulong engine)
    {
        lock (Writers)
        {
            for (int i = 1; i < _count; i++)
            {
                if (_entries[i]?.Engine == engine) Forget(i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Entry EntryOf(ulong handle, HandleKind kind)
    {
        Entry? entry = Find(handle);
        return entry is not null && KindOf(handle) == kind ? entry : throw Refuse(handle, kind);
    }

    private static void Forget(int index)
    {
        Volatile.Write(ref _entries[index], null);
        Free.Push(index);
    }

    private static int NextIndex()
    {
        if (_count == 1 << IndexBits) throw new RefusalException(-(int)Errno.ENOMEM, "There are 2^24 handles already.");
        if (_count == _entries.Length)
        {
            Entry?[] larger = new Entry?[_entries.Length * 2];
            _entries.CopyTo(larger, 0);
            Volatile.Write(ref _entries, larger);
        }

        return _count++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Entry? Find(ulong handle)
    {
        Entry?[] entries = Volatile.Read(ref _entries);
        int index = (int)(handle & ((1u << IndexBits) - 1));
        Entry? entry = index < entries.Length ? entries[index] : null;
        return entry is not null && entry.Handle == handle ? entry : null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RefusalException Refuse(ulong handle, HandleKind kind)
    {
        HandleKind actual = KindOf(handle);
        string what = handle == 0 ? "0 is no handle"
            : Find(handle) is null ? $"The handle {handle:x16} was freed, or never given out"
            : $"The handle {handle:x16} is a {CallerText.NameOf(actual)}";
        bool isTwin = (kind, actual) is (HandleKind.DirtyLog, HandleKind.FrameLog);
        string wanted = CallerText.NameOf(kind) + (isTwin ? " (of a process)" : "");
        return new(BorderCode.BadHandle, kind == HandleKind.None ? what + "." : $"{what}; the call wants a {wanted}.");
    }

    private sealed class Entry(ulong handle, object target, ulong engine, PagingEngine? owner)
    {
        public ulong Handle { get; } = handle;
        public object Target { get; } = target;
        public ulong Engine { get; } = engine;
        public PagingEngine? Owner { get; } = owner;    // of Engine; null for an image, which has none
        private readonly uint* _hostCall = owner is null ? NoHostCall : (uint*)owner.HostCalls.Word;

        /// <summary>Throws if a device's function asks, which C has called by itself: the word is 1 then. A load and a test.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void ThrowIfInNativeCall()
        {
            if (*_hostCall == 1) Owner!.HostCalls.ThrowIfInNativeCall();
        }
    }
}
