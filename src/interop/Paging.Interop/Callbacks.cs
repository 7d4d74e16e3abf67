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
#pragma warning restore CS1591
