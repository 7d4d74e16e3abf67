namespace Paging.Interop;

/// <summary>Structures that begin with their size, so that a newer library understands an older program.</summary>
// SAFETY: a structure has as many bytes as its first word says, at least 8; SizeOf has read it before any other.
internal static unsafe class Sized
{
    /// <summary>Reads the fields that the program's version of a structure has. Its other fields keep their defaults.</summary>
    /// <exception cref="RefusalException">The size is too small for any version, or the bytes beyond this version's are not 0.</exception>
    public static T Read<T>(void* source, T defaults) where T : unmanaged
    {
        if (source == null) return defaults;
        uint size = SizeOf<T>(source);
        int known = (int)Math.Min(size, (uint)sizeof(T));
        for (uint i = (uint)known; i < size; i++)
        {
            if (((byte*)source)[i] != 0)
                throw new RefusalException(BorderCode.BadArgument, "The structure has fields that this version does not know.");
        }

        new ReadOnlySpan<byte>(source, known).CopyTo(new Span<byte>(&defaults, sizeof(T)));
        return defaults;
    }

    /// <summary>Reads a structure that must be given. Fields that the program's version does not have are 0.</summary>
    public static T Read<T>(void* source) where T : unmanaged
    {
        Border.Need(source, "The structure");
        return Read(source, default(T));
    }

    /// <summary>Writes as much of a structure as the program has room for, and zeros after it. Its size stays.</summary>
    public static void Write<T>(void* target, T value) where T : unmanaged
    {
        Border.Need(target, "The structure");
        uint size = SizeOf<T>(target);
        Span<byte> room = new(target, (int)size);
        ReadOnlySpan<byte> bytes = new(&value, (int)Math.Min(size, (uint)sizeof(T)));
        bytes[sizeof(uint)..].CopyTo(room[sizeof(uint)..]);
        room[bytes.Length..].Clear();
    }

    // A size that ends within a pointer would make one of what lies after it.
    private static uint SizeOf<T>(void* structure) where T : unmanaged
    {
        uint size = *(uint*)structure, alignment = (uint)(sizeof(Aligned<T>) - sizeof(T));
        return size is >= 8 and <= 4096 && size % alignment == 0 ? size
            : throw new RefusalException(BorderCode.BadArgument, $"The structure's size is {size}: set it to sizeof before the call.");
    }

    // The compiler puts the second field where T's alignment has it.
    private readonly struct Aligned<T>(byte first, T second) where T : unmanaged
    {
        public readonly byte First = first;
        public readonly T Second = second;
    }
}
