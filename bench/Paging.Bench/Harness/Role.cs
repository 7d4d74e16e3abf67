namespace Paging.Bench.Harness;

/// <summary>The part of a contender in a race.</summary>
public enum Role
{
    /// <summary>Our operation.</summary>
    Engine,
    /// <summary>
    /// What the engine is compared with: a raw access, a bare loop over the same bytes. No bound: better code may beat it.
    /// </summary>
    Reference,
    /// <summary>The host's kernel doing the same with pages of 4 KiB, as the engine's are.</summary>
    Kernel,
    /// <summary>
    /// The host's kernel doing the same with huge pages where the host gives them to a program that asks, as the engine's RAM does.
    /// </summary>
    KernelHuge,
    /// <summary>The usual choice of a C# programmer: a dictionary of pages, a sorted set of areas, memory page by page.</summary>
    CSharp,
    /// <summary>The usual choice of a C or C++ programmer: <c>std::map</c> of areas, mimalloc for pages.</summary>
    Cpp,
    /// <summary>The memory API of an emulator that has the same job: Unicorn's.</summary>
    Unicorn,
}

/// <summary>How a role is written in tables and files.</summary>
internal static class RoleText
{
    /// <summary>The role's name, in lower case.</summary>
    public static string Of(Role role) => role switch
    {
        Role.Engine => "engine",
        Role.Reference => "reference",
        Role.Kernel => "kernel",
        Role.KernelHuge => "kernel-huge",
        Role.CSharp => "csharp",
        Role.Cpp => "cpp",
        _ => "unicorn",
    };

    /// <summary>How pictures name it.</summary>
    public static string Named(Role role) => role switch
    {
        Role.Kernel => "kernel, 4 KB pages",
        Role.KernelHuge => "kernel, huge pages",
        Role.CSharp => "C#",
        Role.Cpp => "C++",
        Role.Unicorn => "Unicorn",
        _ => Of(role),
    };
}
