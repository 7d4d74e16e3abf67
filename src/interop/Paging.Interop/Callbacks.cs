using System.Runtime.InteropServices;

namespace Paging.Interop;

// The structures of functions that a C program hands in. A function returns 0 or a negative errno.
// SAFETY: copied as they are, and called by the classes of Called.cs and by Observers.
#pragma warning disable CS1591 // paging.h documents the fields

/// <summary>The functions of a device.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Device
{
    public uint Size;
    public uint Reserved;
    public void* Context;
    public delegate* unmanaged[Cdecl]<void*, ulong, uint, ulong*, int> Load;
    public delegate* unmanaged[Cdecl]<void*, ulong, uint, ulong, int> Store;
    public delegate* unmanaged[Cdecl]<void*, ulong, uint, ulong*, int> Fetch;
}

/// <summary>The functions of a file's backing.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Backing
{
    public uint Size;
    public uint AllowsConcurrentReads;
    public void* Context;
    public ulong Length;
    public delegate* unmanaged[Cdecl]<void*, ulong, void*, uint, int> Read;
    public delegate* unmanaged[Cdecl]<void*, ulong, void*, uint, int> Write;
    public delegate* unmanaged[Cdecl]<void*, ulong, int> SetLength;
    public delegate* unmanaged[Cdecl]<void*, int> Flush;
    public delegate* unmanaged[Cdecl]<void*, void> Release;
}

/// <summary>The functions of a pager's source.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PageSource
{
    public uint Size;
    public uint Reserved;
    public void* Context;
    public delegate* unmanaged[Cdecl]<void*, uint, void*, int> Request;
    public delegate* unmanaged[Cdecl]<void*, uint, void*, int> Store;
}

/// <summary>The functions of a swap store.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SwapStore
{
    public uint Size;
    public uint SlotCount;
    public void* Context;
    public delegate* unmanaged[Cdecl]<void*, uint, void*, int> Read;
    public delegate* unmanaged[Cdecl]<void*, uint, void*, int> Write;
    public delegate* unmanaged[Cdecl]<void*, void> Release;
}

/// <summary>The function of a watchpoint.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Watcher
{
    public uint Size;
    public uint Reserved;
    public void* Context;
    public delegate* unmanaged[Cdecl]<void*, Watched*, int> Report;
}

/// <summary>The functions that find the files of a saved process, and the groups of a saved engine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FileFinder
{
    public uint Size;
    public uint Reserved;
    public void* Context;
    public delegate* unmanaged[Cdecl]<void*, byte*, ulong*, int> OpenFile;
    public delegate* unmanaged[Cdecl]<void*, byte*, ulong*, int> FindGroup;
}

/// <summary>What a policy can ask about pages.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PageBits
{
    public uint Size;
    public uint Reserved;
    public void* Pages;
    public delegate* unmanaged[Cdecl]<void*, int, int> TakeAccessed;
    public delegate* unmanaged[Cdecl]<void*, int, int> IsDirty;
}

/// <summary>The functions of a replacement policy.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Policy
{
    public uint Size;
    public uint Information;
    public byte* Name;
    public void* Context;
    public delegate* unmanaged[Cdecl]<void*, uint, int> Begin;
    public delegate* unmanaged[Cdecl]<void*, ulong, int> Missed;
    public delegate* unmanaged[Cdecl]<void*, int, ulong, int> Loaded;
    public delegate* unmanaged[Cdecl]<void*, int, int> Hit;
    public delegate* unmanaged[Cdecl]<void*, PageBits*, int> FindVictim;
    public delegate* unmanaged[Cdecl]<void*, int, ulong, int> Evicted;
    public delegate* unmanaged[Cdecl]<void*, int, int> Removed;
}

/// <summary>The functions of a process's host state.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct HostState
{
    public uint Size;
    public uint Reserved;
    public void* Context;
    public delegate* unmanaged[Cdecl]<void*, void**, int> Save;
    public delegate* unmanaged[Cdecl]<void*, void*, uint, int> Restore;
}
#pragma warning restore CS1591
