using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Paging.Packing;

/// <summary>What other assemblies can use of an assembly, by the names in its XML documentation.</summary>
/// <remarks>
/// Overloads are told apart by the number of their parameters: if a public and a hidden one have as many, both count as public.
/// Explicit implementations of interfaces are private.
/// </remarks>
internal sealed class PublicMembers
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private PublicMembers(MetadataReader reader)
    {
        foreach (TypeDefinition type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
            if (IsVisible(reader, type)) Add(reader, type, NameOf(reader, type));
    }

    /// <summary>Reads the file of an assembly.</summary>
    public static PublicMembers Of(string assembly)
    {
        using PEReader file = new(File.OpenRead(assembly));
        return new(file.GetMetadataReader());
    }

    /// <summary>Removes the documentation of all other types and members.</summary>
    public void RemoveOthers(XDocument document)
    {
        foreach (XElement member in document.Descendants("member").ToArray())
        {
            if (_names.Contains(KeyOf(member.Attribute("name")!.Value))) continue;
            if (member.PreviousNode is XText { Value: var space } before && string.IsNullOrWhiteSpace(space)) before.Remove();
            member.Remove();
        }
    }

    private void Add(MetadataReader reader, TypeDefinition type, string name)
    {
        _names.Add("T:" + name);
        foreach (FieldDefinition field in type.GetFields().Select(reader.GetFieldDefinition))
            if (IsUsable((MethodAttributes)(field.Attributes & FieldAttributes.FieldAccessMask))) _names.Add(Name('F', field.Name));
        foreach (MethodDefinition method in type.GetMethods().Select(reader.GetMethodDefinition))
            if (IsUsable(method.Attributes)) _names.Add($"{Name('M', method.Name)}({CountOf(reader, method)}");
        foreach (PropertyDefinition property in type.GetProperties().Select(reader.GetPropertyDefinition))
            if (IsAny(property.GetAccessors().Getter, property.GetAccessors().Setter)) _names.Add(Name('P', property.Name));
        foreach (EventDefinition change in type.GetEvents().Select(reader.GetEventDefinition))
            if (IsAny(change.GetAccessors().Adder)) _names.Add(Name('E', change.Name));

        string Name(char kind, StringHandle member) => $"{kind}:{name}.{reader.GetString(member).Replace('.', '#')}";

        bool IsAny(params ReadOnlySpan<MethodDefinitionHandle> accessors)
        {
            foreach (MethodDefinitionHandle accessor in accessors)
                if (!accessor.IsNil && IsUsable(reader.GetMethodDefinition(accessor).Attributes)) return true;
            return false;
        }
    }

    /// <summary>The name in the documentation, of a method with the number of its parameters, of an indexer without parameters.</summary>
    private static string KeyOf(string id)
    {
        int open = id.IndexOf('(', StringComparison.Ordinal), depth = 0, count = open < 0 ? 0 : 1;
        for (int i = open + 1; open >= 0 && id[i] != ')'; i++)
        {
            if (id[i] is '{' or '[') depth++;
            else if (id[i] is '}' or ']') depth--;
            else if (id[i] is ',' && depth == 0) count++;
        }

        string name = open < 0 ? id : id[..open];
        if (!id.StartsWith("M:", StringComparison.Ordinal)) return name;
        int generic = name.IndexOf("``", StringComparison.Ordinal);
        return $"{(generic < 0 ? name : name[..generic])}({count}";
    }

    private static int CountOf(MetadataReader reader, MethodDefinition method)
    {
        BlobReader signature = reader.GetBlobReader(method.Signature);
        if (signature.ReadSignatureHeader().IsGeneric) signature.ReadCompressedInteger();
        return signature.ReadCompressedInteger();
    }

    private static bool IsVisible(MetadataReader reader, TypeDefinition type) => (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem =>
            IsVisible(reader, reader.GetTypeDefinition(type.GetDeclaringType())),
        _ => false,
    };

    private static bool IsUsable(MethodAttributes attributes) => (attributes & MethodAttributes.MemberAccessMask)
        is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private static string NameOf(MetadataReader reader, TypeDefinition type) => type.IsNested
        ? $"{NameOf(reader, reader.GetTypeDefinition(type.GetDeclaringType()))}.{reader.GetString(type.Name)}"
        : type.Namespace.IsNil ? reader.GetString(type.Name) : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
}
